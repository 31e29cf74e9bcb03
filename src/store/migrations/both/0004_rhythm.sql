-- How often something new comes to a source (JSON), and its place in its domain's budget.
ALTER TABLE sources ADD COLUMN pace TEXT;
ALTER TABLE sources ADD COLUMN turn_at BIGINT;

-- Waits that sites asked for, for a whole host or domain: all nodes obey them.
CREATE TABLE waits (
    name TEXT NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL,
    reason TEXT NOT NULL,
    asked_at BIGINT NOT NULL
);

-- Up to when the budget of a domain is spent, and by which step; another step begins anew.
CREATE TABLE budgets (
    domain TEXT NOT NULL PRIMARY KEY,
    spent BIGINT NOT NULL,
    step BIGINT NOT NULL,
    spent_at BIGINT NOT NULL
);
