-- Ids are Discord's, times are milliseconds since 1970 (UTC), lists are JSON arrays.
CREATE TABLE guilds (
    guild_id INTEGER PRIMARY KEY,
    moderator_role_id INTEGER,
    log_channel_id INTEGER,
    axolotl TEXT,
    gpus INTEGER,
    faq_revision INTEGER NOT NULL DEFAULT 0,
    left_at INTEGER
) STRICT;

CREATE TABLE marks (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE faq_entries (
    entry_id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL REFERENCES guilds ON DELETE CASCADE,
    entry_key TEXT NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    content TEXT NOT NULL,
    origin TEXT,
    origin_digest TEXT,
    changed_at INTEGER NOT NULL,
    changed_by INTEGER NOT NULL,
    removed_at INTEGER,
    UNIQUE (guild_id, entry_key)
) STRICT;
CREATE INDEX faq_entries_by_category ON faq_entries (guild_id, category, title) WHERE removed_at IS NULL;

CREATE TABLE faq_versions (
    entry_id INTEGER NOT NULL REFERENCES faq_entries ON DELETE CASCADE,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    author_id INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (entry_id, number)
) STRICT, WITHOUT ROWID;

-- Titles and aliases of living entries: each leads to one entry of its server.
CREATE TABLE faq_names (
    guild_id INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    entry_id INTEGER NOT NULL REFERENCES faq_entries ON DELETE CASCADE,
    PRIMARY KEY (guild_id, name_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX faq_names_by_entry ON faq_names (entry_id);

-- What a living entry answers: kind is field, rule or phrase.
CREATE TABLE faq_links (
    guild_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    entry_id INTEGER NOT NULL REFERENCES faq_entries ON DELETE CASCADE,
    PRIMARY KEY (guild_id, kind, target, entry_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX faq_links_by_entry ON faq_links (entry_id);

-- Words that titles and aliases have or had, for misspelt searches.
CREATE TABLE faq_words (
    guild_id INTEGER NOT NULL REFERENCES guilds ON DELETE CASCADE,
    word TEXT NOT NULL,
    PRIMARY KEY (guild_id, word)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE faq_search USING fts5 (
    guild, title, aliases, body,
    tokenize = "unicode61 remove_diacritics 0", prefix = '1 2 3'
);
CREATE TRIGGER faq_search_follows_removal AFTER DELETE ON faq_entries BEGIN
    DELETE FROM faq_search WHERE rowid = old.entry_id;
END;

CREATE TABLE mutes (
    guild_id INTEGER NOT NULL REFERENCES guilds ON DELETE CASCADE,
    rule TEXT NOT NULL,
    author_id INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    ends_at INTEGER,
    PRIMARY KEY (guild_id, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE reports (
    report_id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL REFERENCES guilds ON DELETE CASCADE,
    rule TEXT NOT NULL,
    finding TEXT NOT NULL,
    comment TEXT NOT NULL,
    axolotl TEXT NOT NULL,
    reporter_id INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by INTEGER
) STRICT;
CREATE INDEX reports_open ON reports (guild_id, made_at) WHERE closed_at IS NULL;

CREATE TABLE misses (
    guild_id INTEGER NOT NULL REFERENCES guilds ON DELETE CASCADE,
    query_key TEXT NOT NULL,
    query TEXT NOT NULL,
    times INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (guild_id, query_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE counts (
    guild_id INTEGER NOT NULL REFERENCES guilds ON DELETE CASCADE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    times INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (guild_id, kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX counts_by_times ON counts (guild_id, kind, times DESC);
