-- What each feed showed at its last changed poll, entry by entry: which of them need not be read again.
CREATE TABLE shown (
    source TEXT NOT NULL PRIMARY KEY REFERENCES sources (name) ON DELETE CASCADE,
    entries BLOB NOT NULL
);
-- Which leases run out next, without a look at every source.
CREATE INDEX sources_leased ON sources (lease_until) WHERE lease_until > 0;
