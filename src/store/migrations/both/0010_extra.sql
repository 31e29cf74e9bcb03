-- What else a source said of a mention, as a JSON object; none where it said nothing.
ALTER TABLE mentions ADD COLUMN extra TEXT;
