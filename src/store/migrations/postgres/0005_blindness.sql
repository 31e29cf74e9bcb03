-- What is watched of a source, as JSON; see `model::Watch`.
ALTER TABLE sources ADD COLUMN watch TEXT;
-- The key of the incident by which ops were told of the present failures.
ALTER TABLE sources ADD COLUMN told_as TEXT;
UPDATE sources SET told_as = 'source:' || name
    WHERE EXISTS (SELECT 1 FROM incidents i WHERE i.state <> 'resolved' AND i.key = 'source:' || sources.name);
CREATE INDEX sources_told ON sources (told_as) WHERE told_as IS NOT NULL;
-- Whether one silence was told before, whoever resolved it.
CREATE INDEX incidents_of_key ON incidents (key, opened_at) WHERE kind <> 'mention';

-- Complete days of each source, in its own zone; see `model::DayCount`.
CREATE TABLE source_days (
    source TEXT NOT NULL,
    -- Since 1970-01-01.
    day BIGINT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (source, day)
);
CREATE INDEX source_days_day ON source_days (day);
