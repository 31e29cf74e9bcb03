-- What a source remembers hangs on an id that no rename changes: its first name, where that was free. Of what is stored already the name is
-- the id, so nothing but this table is written anew. `items`, `mentions`, `shown`, `source_days` and `file_positions` name a source by it.
CREATE TABLE sources_with_ids (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    reading BIGINT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    body_hash BIGINT NOT NULL DEFAULT 0,
    next_due_at BIGINT NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0,
    failure TEXT,
    failure_detail TEXT,
    failing_since BIGINT,
    last_polled_at BIGINT,
    last_success_at BIGINT,
    last_item_at BIGINT,
    changed_at BIGINT,
    baselined SMALLINT NOT NULL DEFAULT 0,
    removed SMALLINT NOT NULL DEFAULT 0,
    lease_owner TEXT NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0,
    pace TEXT,
    turn_at BIGINT,
    watch TEXT,
    told_as TEXT,
    pushed_until BIGINT,
    -- When it came into the configuration; none of those that were there before.
    came_at BIGINT,
    -- When it left the configuration; 0 while it stands there, so that of one name only one does.
    left_at BIGINT NOT NULL DEFAULT 0
);
INSERT INTO sources_with_ids (id, name, kind, url, host, reading, etag, last_modified, body_hash, next_due_at, failures, failure, failure_detail,
    failing_since, last_polled_at, last_success_at, last_item_at, changed_at, baselined, removed, lease_owner, lease_until, pace, turn_at, watch,
    told_as, pushed_until, left_at)
    SELECT name, name, kind, url, host, reading, etag, last_modified, body_hash, next_due_at, failures, failure, failure_detail,
    failing_since, last_polled_at, last_success_at, last_item_at, changed_at, baselined, removed, lease_owner, lease_until, pace, turn_at, watch,
    told_as, pushed_until, CASE WHEN removed = 1 THEN COALESCE(last_polled_at, 1) ELSE 0 END FROM sources;
CREATE TABLE shown_by_id (
    source TEXT NOT NULL PRIMARY KEY REFERENCES sources_with_ids (id) ON DELETE CASCADE,
    entries BLOB NOT NULL
);
INSERT INTO shown_by_id (source, entries) SELECT source, entries FROM shown;
DROP TABLE shown;
DROP TABLE sources;
ALTER TABLE sources_with_ids RENAME TO sources;
ALTER TABLE shown_by_id RENAME TO shown;
CREATE UNIQUE INDEX sources_name ON sources (name, left_at);
CREATE INDEX sources_due ON sources (removed, next_due_at);
CREATE INDEX sources_leased ON sources (lease_until) WHERE lease_until > 0;
CREATE INDEX sources_told ON sources (told_as) WHERE told_as IS NOT NULL;
-- What fails is few, and asked after with every reload.
CREATE INDEX sources_failing ON sources (failures) WHERE failures > 0;
-- Of a file that was taken and put away how long it was: one that is longer now was still being written.
ALTER TABLE file_positions ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
