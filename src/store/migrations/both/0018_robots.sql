-- What each site's robots.txt said when it could last be read: it holds on while its server is in trouble, over a restart too.
CREATE TABLE robots (
    origin        TEXT   NOT NULL PRIMARY KEY,
    -- Our name in it, for which its rules were read.
    agent         TEXT   NOT NULL,
    -- The lines that are for us; none where the site has no file.
    rules         TEXT   NOT NULL,
    etag          TEXT,
    last_modified TEXT,
    seen_at       BIGINT NOT NULL
);
