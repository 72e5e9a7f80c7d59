-- What the Hub said of a repository, for a while. The key is a digest, so that names in configs are not listed here.
CREATE TABLE hub_lookups (
    lookup_key TEXT COLLATE "C" PRIMARY KEY,
    body TEXT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX hub_lookups_by_end ON hub_lookups (ends_at);

-- Whether checks in the server look things up on the Hub: 0 is no, anything else yes.
ALTER TABLE guilds ADD COLUMN hub BIGINT;
