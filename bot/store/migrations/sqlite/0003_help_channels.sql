-- Channels in which moderators let the bot read along; the switches are 0 or 1.
CREATE TABLE help_channels (
    guild_id INTEGER NOT NULL REFERENCES guilds ON DELETE CASCADE,
    channel_id INTEGER NOT NULL,
    mode TEXT NOT NULL,
    paused INTEGER NOT NULL,
    solved INTEGER NOT NULL,
    reminders INTEGER NOT NULL,
    tags INTEGER NOT NULL,
    delete_secrets INTEGER NOT NULL,
    PRIMARY KEY (guild_id, channel_id)
) STRICT, WITHOUT ROWID;

-- Posts that were seen there: who answers one claims it first. Neither its author nor its text is kept.
CREATE TABLE help_posts (
    post_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL REFERENCES guilds ON DELETE CASCADE,
    channel_id INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    forum INTEGER NOT NULL,
    mode TEXT,
    topic TEXT,
    claimed_at INTEGER,
    answer_id INTEGER,
    used_at INTEGER,
    person_at INTEGER,
    solved_at INTEGER,
    wrong_at INTEGER,
    silenced_at INTEGER,
    reminded_at INTEGER
) STRICT;
CREATE INDEX help_posts_by_time ON help_posts (guild_id, seen_at);

-- Members who do not want to be answered unasked.
CREATE TABLE help_opt_outs (
    member_id INTEGER PRIMARY KEY
) STRICT;
