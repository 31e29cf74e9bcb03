-- What a mention said when it joined its case: hashes of the words that were told, whatever became of them by edits. None of what joined
-- before, which is compared by what it says now.
ALTER TABLE incident_mentions ADD COLUMN text_hash BIGINT;
ALTER TABLE incident_mentions ADD COLUMN simhash BIGINT;
