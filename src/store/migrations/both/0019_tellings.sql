-- The words that a mention had before it was edited, where they were told or were about to be: an edit is compared with them, and people may
-- look them up.
CREATE TABLE wordings (
    mention TEXT NOT NULL REFERENCES mentions (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    title TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (mention, revision)
);
-- Since when a daemon's rules are these, whatever else of its settings changed since.
ALTER TABLE daemons ADD COLUMN rules_since BIGINT NOT NULL DEFAULT 0;
UPDATE daemons SET rules_since = since;
-- The last sign of life of any daemon, and whether it ended in order since: an outage that ends with the daemon is told by the next one.
CREATE TABLE life (
    id BIGINT NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL,
    ended SMALLINT NOT NULL
);
