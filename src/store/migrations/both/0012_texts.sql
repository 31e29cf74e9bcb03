-- Looked up by a person's question alone (`whynot TEXT`, which may look through all), and written at a page of its own with every mention:
-- of a large store a third of all that was written.
DROP INDEX mentions_text;
