-- How far a dropped file was taken: written with its items, so that a crash before the file is moved repeats nothing.
CREATE TABLE file_positions (
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Of the file's length and beginning: another file of that name begins anew.
    digest BIGINT NOT NULL,
    records BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    -- Lines that could not be taken, and why.
    refused TEXT NOT NULL,
    ended SMALLINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (source, name)
);
-- When the page of a mention is looked at again for its incident, and what was last seen there.
CREATE TABLE rechecks (
    incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    mention TEXT NOT NULL REFERENCES mentions (id) ON DELETE CASCADE,
    -- waiting or done
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    checked_at BIGINT,
    seen TEXT NOT NULL,
    lease_owner TEXT NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (incident, mention)
);
CREATE INDEX rechecks_due ON rechecks (due_at) WHERE state = 'waiting';
CREATE INDEX rechecks_mention ON rechecks (mention);
