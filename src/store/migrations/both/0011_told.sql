-- Title and detail of trouble as JSON, for readers of any language; none of a mention, and of what was opened before. See `model::Told`.
ALTER TABLE incidents ADD COLUMN told TEXT;
