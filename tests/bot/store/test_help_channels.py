"""Help channels and their posts, the same on SQLite and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.store import HelpChannel
from bot.store.help_posts import HelpPosts

HOME, OTHER = 900_000_000_000_000_001, 900_000_000_000_000_002
FORUM, TEXT, POST = 31, 32, 900_000_000_000_000_100
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Hands:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture(name="hands")
def _hands():
    return Hands()


@pytest.fixture(name="posts")
def _posts(store, hands):
    return HelpPosts(store.database, hands)


async def test_a_channel_is_added_changed_and_removed(store):
    forum = HelpChannel(FORUM, "answer", reminders=True)
    await store.help_channels.put(HOME, forum)
    await store.help_channels.put(HOME, HelpChannel(TEXT, "quiet"))
    await store.help_channels.put(OTHER, HelpChannel(FORUM, "offer"))
    assert await store.help_channels.all(HOME) == (forum, HelpChannel(TEXT, "quiet"))

    await store.help_channels.put(HOME, replace(forum, paused=True, mode="offer"))
    assert (await store.help_channels.all(HOME))[0] == replace(forum, paused=True, mode="offer")
    assert await store.help_channels.remove(HOME, FORUM)
    assert not await store.help_channels.remove(HOME, FORUM)
    assert await store.help_channels.all(OTHER) == (HelpChannel(FORUM, "offer"),)


async def test_a_member_is_left_alone_until_they_change_their_mind(store):
    await store.help_channels.leave_alone(7, alone=True)
    await store.help_channels.leave_alone(7, alone=True)
    assert await store.help_channels.wants_none(7)
    assert not await store.help_channels.wants_none(8)
    await store.help_channels.leave_alone(7, alone=False)
    assert not await store.help_channels.wants_none(7)


async def test_of_many_that_claim_a_post_one_gets_it(posts):
    await asyncio.gather(*(posts.see(POST, guild_id=HOME, channel_id=FORUM) for _ in range(8)))
    won = await asyncio.gather(*(posts.claim(POST, "answer") for _ in range(8)))
    assert sum(won) == 1
    await posts.answered(POST, 5, "oom")
    await posts.answered(POST, None)
    assert (await posts.get(POST)).topic == "oom"


async def test_what_is_silenced_or_unknown_cannot_be_claimed(posts):
    assert not await posts.claim(POST, "answer")
    await posts.see(POST, guild_id=HOME, channel_id=FORUM)
    assert await posts.mark(POST, "silenced")
    assert not await posts.claim(POST, "answer")


async def test_offers_that_nobody_used_are_found_after_an_hour(posts, hands):
    for post in (POST, POST + 1):
        await posts.see(post, guild_id=HOME, channel_id=TEXT)
        await posts.claim(post, "offer")
        await posts.answered(post, post + 50)
    await posts.mark(POST, "used")
    assert await posts.stale_offers(timedelta(hours=1)) == ()
    hands.now += timedelta(hours=1)
    (stale,) = await posts.stale_offers(timedelta(hours=1))
    assert (stale.post_id, stale.answer_id) == (POST + 1, POST + 51)
    await posts.answered(stale.post_id, None)
    assert await posts.stale_offers(timedelta(hours=1)) == ()


async def test_forum_posts_without_anything_are_asked_for_it_once(posts, hands):
    await posts.see(POST, guild_id=HOME, channel_id=FORUM, forum=True)
    await posts.see(POST + 1, guild_id=HOME, channel_id=TEXT)
    window = timedelta(minutes=2), timedelta(minutes=30)
    assert await posts.bare(*window) == ()
    hands.now += timedelta(minutes=2)
    assert [post.post_id for post in await posts.bare(*window)] == [POST]
    assert await posts.mark(POST, "reminded")
    assert not await posts.mark(POST, "reminded")
    assert await posts.bare(*window) == ()


async def test_the_bots_own_answer_leaves_a_post_unanswered(posts, hands):
    for post in (POST, POST + 1, POST + 2):
        await posts.see(post, guild_id=HOME, channel_id=FORUM, forum=True)
        await posts.claim(post, "answer")
        await posts.answered(post, post + 50, "foreign-key")
    await posts.mark(POST + 1, "person")
    await posts.mark(POST + 2, "solved")
    hands.now += timedelta(days=1)
    assert [post.post_id for post in await posts.unanswered(HOME, timedelta(days=1))] == [POST]


async def test_the_figures_of_weeks_count_without_names(posts, hands):
    for post in range(POST, POST + 5):
        await posts.see(post, guild_id=HOME, channel_id=FORUM, forum=True)
    for post in range(POST, POST + 4):
        await posts.claim(post, "answer")
        await posts.answered(post, post + 50, "foreign-key")
    await posts.mark(POST, "used")
    await posts.mark(POST, "solved")
    await posts.mark(POST + 1, "solved")
    await posts.mark(POST + 1, "person")
    await posts.mark(POST + 2, "wrong")
    hands.now += timedelta(days=8)
    await posts.see(POST + 9, guild_id=HOME, channel_id=FORUM, forum=True)

    *_, before, last = await posts.weeks(HOME)
    assert (before.seen, before.answered, before.used, before.solved, before.wrong) == (5, 4, 1, 1, 1)
    assert (last.seen, last.answered) == (1, 0)
    assert await posts.helped(HOME) == (("foreign-key", 1),)
    assert sum(week.seen for week in await posts.weeks(OTHER)) == 0

    hands.now = NOW + timedelta(weeks=12)
    assert await posts.remove_old() == 5
