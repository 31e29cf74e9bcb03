-- The incident by which ops were told that a message was given up: it is over when all of its rows are.
ALTER TABLE deliveries ADD COLUMN told_in TEXT;
UPDATE deliveries SET told_in = (SELECT i.id FROM incidents i WHERE i.key = 'delivery:' || deliveries.id AND i.state <> 'resolved')
    WHERE state = 'dead';
CREATE INDEX deliveries_told ON deliveries (told_in) WHERE told_in IS NOT NULL;
-- Who closed it, which need not be who took it up.
ALTER TABLE incidents ADD COLUMN resolved_by TEXT;
UPDATE incidents SET resolved_by =
    (SELECT a.actor FROM acknowledgements a WHERE a.incident = incidents.id AND a.took_effect = 1 ORDER BY a.seq DESC LIMIT 1)
    WHERE state = 'resolved';
-- What is tried again: few rows, asked after with each message that arrives.
CREATE INDEX deliveries_failing ON deliveries (channel, due_at) WHERE state = 'due' AND attempts > 0;
