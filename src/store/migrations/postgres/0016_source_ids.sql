-- What a source remembers hangs on an id that no rename changes: its first name, where that was free. Of what is stored already the name is
-- the id, so nothing but this table is written anew. `items`, `mentions`, `shown`, `source_days` and `file_positions` name a source by it.
ALTER TABLE sources ADD COLUMN id TEXT;
-- When it came into the configuration; none of those that were there before.
ALTER TABLE sources ADD COLUMN came_at BIGINT;
-- When it left the configuration; 0 while it stands there, so that of one name only one does.
ALTER TABLE sources ADD COLUMN left_at BIGINT NOT NULL DEFAULT 0;
UPDATE sources SET id = name, left_at = CASE WHEN removed = 1 THEN COALESCE(last_polled_at, 1) ELSE 0 END;
ALTER TABLE shown DROP CONSTRAINT shown_source_fkey;
ALTER TABLE sources DROP CONSTRAINT sources_pkey;
ALTER TABLE sources ALTER COLUMN id SET NOT NULL;
ALTER TABLE sources ADD PRIMARY KEY (id);
ALTER TABLE shown ADD CONSTRAINT shown_source_fkey FOREIGN KEY (source) REFERENCES sources (id) ON DELETE CASCADE;
CREATE UNIQUE INDEX sources_name ON sources (name, left_at);
-- What fails is few, and asked after with every reload.
CREATE INDEX sources_failing ON sources (failures) WHERE failures > 0;
-- Of a file that was taken and put away how long it was: one that is longer now was still being written.
ALTER TABLE file_positions ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
