-- Times are Unix microseconds, flags 0 or 1, lists and judgements JSON. The PostgreSQL file says the same.
CREATE TABLE sources (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    -- A hash of what decides how its document is read.
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
    -- When a poll last stored items: what that poll did not show has left the source.
    changed_at BIGINT,
    baselined SMALLINT NOT NULL DEFAULT 0,
    removed SMALLINT NOT NULL DEFAULT 0,
    lease_owner TEXT NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX sources_due ON sources (removed, next_due_at);
CREATE INDEX sources_host ON sources (host, lease_until);

CREATE TABLE mentions (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    identity BIGINT NOT NULL,
    url TEXT,
    title TEXT,
    body TEXT NOT NULL,
    author TEXT,
    rating DOUBLE PRECISION,
    rating_max DOUBLE PRECISION,
    published_at BIGINT,
    seen_at BIGINT NOT NULL,
    lang TEXT NOT NULL,
    brands TEXT NOT NULL,
    revision BIGINT NOT NULL,
    baseline SMALLINT NOT NULL,
    text_hash BIGINT NOT NULL,
    simhash BIGINT NOT NULL
);
CREATE UNIQUE INDEX mentions_item ON mentions (source, identity);
CREATE INDEX mentions_url ON mentions (url);
CREATE INDEX mentions_text ON mentions (text_hash);
CREATE INDEX mentions_seen ON mentions (seen_at);

CREATE TABLE items (
    source TEXT NOT NULL,
    identity BIGINT NOT NULL,
    fingerprint BIGINT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    -- None: the item names no brand, and its fingerprint is all that is kept of it.
    mention TEXT REFERENCES mentions (id) ON DELETE SET NULL,
    PRIMARY KEY (source, identity)
) WITHOUT ROWID;
CREATE INDEX items_seen ON items (last_seen_at) WHERE mention IS NULL;
CREATE INDEX items_mention ON items (mention) WHERE mention IS NOT NULL;

CREATE TABLE verdicts (
    mention TEXT NOT NULL REFERENCES mentions (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    severity TEXT NOT NULL,
    complaint SMALLINT NOT NULL,
    rule_set TEXT NOT NULL,
    verdict TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    -- When the opening step took it, and what became of it; none while it waits.
    acted_at BIGINT,
    outcome TEXT,
    PRIMARY KEY (mention, revision)
);
CREATE INDEX verdicts_waiting ON verdicts (decided_at, mention) WHERE acted_at IS NULL;

CREATE TABLE incidents (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    -- What it is about.
    key TEXT NOT NULL,
    generation BIGINT NOT NULL,
    severity TEXT NOT NULL,
    brand TEXT,
    category TEXT,
    department TEXT NOT NULL,
    also TEXT NOT NULL,
    title TEXT NOT NULL,
    detail TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    step BIGINT NOT NULL,
    escalate_at BIGINT,
    ladder TEXT NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by TEXT,
    resolved_at BIGINT,
    cause TEXT,
    remedy TEXT,
    mentions BIGINT NOT NULL
);
CREATE UNIQUE INDEX incidents_key ON incidents (key) WHERE state <> 'resolved';
CREATE INDEX incidents_opened ON incidents (opened_at);
CREATE INDEX incidents_state ON incidents (state, opened_at);
CREATE INDEX incidents_brand ON incidents (brand, opened_at);
CREATE INDEX incidents_resolved ON incidents (resolved_at) WHERE state = 'resolved';

CREATE TABLE incident_mentions (
    incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    mention TEXT NOT NULL REFERENCES mentions (id) ON DELETE CASCADE,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (incident, mention)
);
CREATE INDEX incident_mentions_mention ON incident_mentions (mention);

CREATE TABLE incident_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX incident_events_incident ON incident_events (incident, seq);

CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- Which goes out first: 0 escalations, 1 warnings, 2 statuses.
    lane SMALLINT NOT NULL,
    step BIGINT NOT NULL,
    department TEXT NOT NULL,
    name TEXT NOT NULL,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    note TEXT NOT NULL,
    possible_duplicate SMALLINT NOT NULL,
    -- Once more with a shorter body.
    shrink SMALLINT NOT NULL DEFAULT 0,
    last_outcome TEXT,
    last_reply TEXT,
    delivered_at BIGINT,
    lease_owner TEXT NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX deliveries_once ON deliveries (incident, generation, kind, step, channel, recipient);
CREATE INDEX deliveries_due ON deliveries (state, channel, lane, due_at, id) WHERE state = 'due';
CREATE INDEX deliveries_claimed ON deliveries (state, channel, lease_until) WHERE state = 'claimed';
CREATE INDEX deliveries_state ON deliveries (state, created_at);

CREATE TABLE attempts (
    delivery TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    owner TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    -- None where the daemon died between claim and record.
    finished_at BIGINT,
    outcome TEXT,
    reply TEXT,
    PRIMARY KEY (delivery, number)
);

CREATE TABLE acknowledgements (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    actor TEXT NOT NULL,
    via TEXT NOT NULL,
    action TEXT NOT NULL,
    note TEXT NOT NULL,
    ip TEXT,
    agent TEXT,
    at BIGINT NOT NULL,
    took_effect SMALLINT NOT NULL
);
CREATE INDEX acknowledgements_incident ON acknowledgements (incident, seq);

CREATE TABLE timers (
    incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    step BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    -- waiting, fired or stopped
    state TEXT NOT NULL,
    PRIMARY KEY (incident, generation, step)
);
CREATE INDEX timers_due ON timers (due_at) WHERE state = 'waiting';

CREATE TABLE receivers (
    channel TEXT NOT NULL PRIMARY KEY,
    paused_until BIGINT,
    failing_since BIGINT,
    failures BIGINT NOT NULL,
    reason TEXT
);

CREATE TABLE seen_ids (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX seen_ids_at ON seen_ids (at);

-- Keys that all nodes share and nobody configured: they sign the links in mails.
CREATE TABLE keys (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
