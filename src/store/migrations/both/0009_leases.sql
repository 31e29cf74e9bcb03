-- Written at the beginning and the end of every poll, and asked by nobody any more: `sources_leased` finds who is being polled.
DROP INDEX sources_host;
-- What ops were told of and nobody has resolved: looked through with every claim.
CREATE INDEX incidents_troubles ON incidents (key) WHERE kind <> 'mention' AND state <> 'resolved';
