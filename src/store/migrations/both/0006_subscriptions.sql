-- Feeds whose hub pushes (W3C WebSub): one row for each source whose feed names a hub.
CREATE TABLE subscriptions (
    source TEXT NOT NULL PRIMARY KEY,
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    -- offered, asked, active, denied, failing or off
    state TEXT NOT NULL,
    -- The end of the address that the hub calls; nobody can guess it.
    callback TEXT NOT NULL,
    secret TEXT NOT NULL,
    due_at BIGINT,
    asked_at BIGINT,
    granted_until BIGINT,
    failures BIGINT NOT NULL DEFAULT 0,
    detail TEXT,
    pushes BIGINT NOT NULL DEFAULT 0,
    forged BIGINT NOT NULL DEFAULT 0,
    last_push_at BIGINT
);
CREATE UNIQUE INDEX subscriptions_callback ON subscriptions (callback);
CREATE INDEX subscriptions_due ON subscriptions (due_at);
-- While a hub pushes, polls are rarer until then.
ALTER TABLE sources ADD COLUMN pushed_until BIGINT;
