"""One member's work never stands before everybody else's."""

import asyncio

import pytest

from bot.errors import Busy
from bot.forms import OpenForms, typed_texts
from bot.turns import Turns


async def test_a_member_waits_for_the_own_work_and_nobody_else_does():
    turns = Turns(at_once=4, waiting=3)
    await turns.take(1)
    waiting = [asyncio.create_task(turns.take(1)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="4 of your commands"):
        await turns.take(1)
    await turns.take(2)
    assert not any(each.done() for each in waiting)
    for each in waiting:
        turns.give_back(1)
        await each
    turns.give_back(1)
    turns.give_back(2)
    assert not turns._lanes


async def test_who_asks_for_much_lets_those_with_little_go_first_but_not_for_ever():
    turns = Turns(at_once=4, waiting=9)
    await turns.take(2)
    many = [asyncio.create_task(turns.take(1)) for _ in range(8)]
    await many[0]
    turns.give_back(1)
    await asyncio.sleep(0.1)
    assert not any(each.done() for each in many[1:])
    turns.give_back(2)
    await asyncio.wait_for(many[1], 30)
    await turns.take(3)
    turns.give_back(1)
    await asyncio.wait_for(many[2], 30)  # though the other still works
    turns.give_back(3)
    for each in many[3:]:
        turns.give_back(1)
        await each
    turns.give_back(1)
    assert not turns._lanes


async def test_who_stops_waiting_holds_nothing():
    turns = Turns(at_once=1, waiting=3)
    await turns.take(1)
    for member in (1, 2):
        late = asyncio.create_task(turns.take(member))
        await asyncio.sleep(0)
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late
    turns.give_back(1)
    await asyncio.wait_for(turns.take(2), 1)


def test_the_oldest_form_is_ended_where_too_many_are_open():
    ended = []
    forms = OpenForms(2)
    for name in "abc":
        forms[name] = lambda name=name: ended.append(name)
    assert ended == ["a"]
    assert "a" not in forms


def test_what_was_typed_is_read_out_of_any_form():
    rows = [{"type": 18, "component": {"type": 4, "value": "first"}}, {"type": 1, "components": [{"type": 4}]}]
    assert typed_texts([*rows, {"type": 18, "component": {"type": 4, "value": "second"}}]) == "first\n\nsecond"
    assert typed_texts(None) == ""


async def test_rest_comes_once_after_work_when_nobody_works_any_more():
    turns = Turns()
    assert not turns.rested()
    await turns.take(1)
    await turns.take(2)
    turns.give_back(1)
    assert not turns.rested()
    turns.give_back(2)
    assert turns.rested()
    assert not turns.rested()
