-- Channels in which moderators let the bot read along; the switches are 0 or 1.
CREATE TABLE help_channels (
    guild_id BIGINT NOT NULL REFERENCES guilds ON DELETE CASCADE,
    channel_id BIGINT NOT NULL,
    mode TEXT COLLATE "C" NOT NULL,
    paused BIGINT NOT NULL,
    solved BIGINT NOT NULL,
    reminders BIGINT NOT NULL,
    tags BIGINT NOT NULL,
    delete_secrets BIGINT NOT NULL,
    PRIMARY KEY (guild_id, channel_id)
);

-- Posts that were seen there: who answers one claims it first. Neither its author nor its text is kept.
CREATE TABLE help_posts (
    post_id BIGINT PRIMARY KEY,
    guild_id BIGINT NOT NULL REFERENCES guilds ON DELETE CASCADE,
    channel_id BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    forum BIGINT NOT NULL,
    mode TEXT COLLATE "C",
    topic TEXT COLLATE "C",
    claimed_at BIGINT,
    answer_id BIGINT,
    used_at BIGINT,
    person_at BIGINT,
    solved_at BIGINT,
    wrong_at BIGINT,
    silenced_at BIGINT,
    reminded_at BIGINT
);
CREATE INDEX help_posts_by_time ON help_posts (guild_id, seen_at);

-- Members who do not want to be answered unasked.
CREATE TABLE help_opt_outs (
    member_id BIGINT PRIMARY KEY
);
