-- What a second opinion was asked about, and what came of it: one row for each judged revision of a mention.
CREATE TABLE opinions (
    mention TEXT NOT NULL REFERENCES mentions (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    text_hash BIGINT NOT NULL,
    model TEXT NOT NULL,
    -- asking, waiting (asked in vain, once more when it is due) or done
    state TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- Questions sent; they count for the budget of a day.
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    asked_at BIGINT,
    answer TEXT,
    PRIMARY KEY (mention, revision)
);
CREATE INDEX opinions_asked ON opinions (asked_at) WHERE asked_at IS NOT NULL;
CREATE INDEX opinions_text ON opinions (text_hash) WHERE answer IS NOT NULL;
CREATE INDEX verdicts_decided ON verdicts (decided_at);
