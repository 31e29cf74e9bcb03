-- What each daemon judges and tells by, in hashes: several on one store must agree.
CREATE TABLE daemons (
    worker TEXT NOT NULL PRIMARY KEY,
    release TEXT NOT NULL,
    rules TEXT NOT NULL,
    settings TEXT NOT NULL,
    since BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
