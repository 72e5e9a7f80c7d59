"""A member who presses and fills in all that is offered, and a record of every request that this leads to."""

import json
import re
from collections import Counter

from simcord.backend.errors import BackendError, SetupError
from simcord.http import client

from tests.world import components

BUTTON, STRING_SELECT, TEXT_INPUT = 2, 3, 4
LARGE = 4000
"""Characters of the largest fields."""


def recorded(patch):
    """A list of every request to the in-process Discord from now on: method, path and body as on the wire.

    Args:
        patch: What replaces attributes for a while, pytest's `monkeypatch` for one.
    """
    requests = []

    def record(route, body, form):
        for part in form or ():
            if part.get("name") == "payload_json":
                body = json.loads(part["value"])
        path = re.sub(r"^.*?/api/v\d+", "", route.url).partition("?")[0]
        requests.append((route.method, path, json.loads(json.dumps(body))))

    rest, hook = client.FakeHTTPClient.request, client.FakeWebhookAdapter.request

    async def asked(self, route, *, files=None, form=None, **options):
        record(route, options.get("json"), form)
        return await rest(self, route, files=files, form=form, **options)

    async def called(self, route, session, *, payload=None, multipart=None, **options):
        record(route, payload, multipart)
        return await hook(self, route, session, payload=payload, multipart=multipart, **options)

    patch.setattr(client.FakeHTTPClient, "request", asked)
    patch.setattr(client.FakeWebhookAdapter, "request", called)
    return requests


class Explorer:
    """A member who presses and fills in all that is offered, each kind once.

    Args:
        who: The member.
        text: What is filled in.
        long: The same for the largest fields.

    Attributes:
        pressed, offered: How often each kind of button and select was.
    """

    def __init__(self, who, text, long=""):
        self.who, self.text, self.long = who, text, long or text
        self.pressed, self.offered = Counter(), Counter()

    async def use(self, result):
        """Uses what an answer offers, and what that offers."""
        if result.modal is not None:
            fields = [label.get("component") or {} for label in result.modal["components"]]
            values = {each["custom_id"]: filled for each in fields if (filled := self._filled(each))}
            await self.use(await self.who.submit_modal(result, values))
            return
        for message in (result.response, *result.followups):
            if message is not None:
                await self.press(message)

    def _filled(self, field):
        """What is put into a field of a form; nothing into one for files."""
        if field.get("type") == STRING_SELECT:
            return [field["options"][-1]["value"]]
        if field.get("type") != TEXT_INPUT:
            return None
        longest = field.get("max_length", 4000)
        return "2" if longest <= 10 else (self.long if longest >= LARGE else self.text)[:longest]

    async def press(self, message):
        """Uses what a message offers."""
        for part in components(message):
            if part.get("type") not in (BUTTON, STRING_SELECT) or "custom_id" not in part or part.get("disabled"):
                continue
            kind = part["custom_id"].partition(":")[0]
            self.offered[kind] += 1
            if self.pressed[kind]:
                continue
            self.pressed[kind] += 1
            try:
                if part["type"] == BUTTON:
                    done = await self.who.click(message, custom_id=part["custom_id"])
                else:
                    value = part["options"][-1]["value"]
                    done = await self.who.select(message, [value], custom_id=part["custom_id"])
            except (SetupError, BackendError):
                continue  # a press before this one has changed or removed the message
            await self.use(done)
