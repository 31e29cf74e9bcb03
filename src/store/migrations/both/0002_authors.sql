-- Who complains again: the mentions of an author at a source.
CREATE INDEX mentions_author ON mentions (source, author, seen_at) WHERE author IS NOT NULL;
