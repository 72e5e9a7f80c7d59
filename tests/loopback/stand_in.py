"""A Discord on loopback: the part of its REST interface, gateway and CDN that the bot uses, and faults on request."""

import asyncio
import json
import re
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

PATIENCE = 90.0
"""Seconds that a test waits for anything: the machine may have other work."""
BOT = {"id": "1000", "username": "helpbot", "discriminator": "0", "avatar": None, "bot": True}
ANN = {"id": "2000", "username": "ann", "discriminator": "0", "avatar": None, "global_name": None}
GUILD = "3000"


@dataclass
class Asked:
    """One request that the bot made."""

    method: str
    path: str
    body: object


@dataclass
class Fault:
    """What one request gets instead of its answer."""

    method: str
    path: str
    status: int
    body: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)


class StandIn:
    """The state of it, and what was asked.

    Attributes:
        asked: Every request, in order.
        faults: Those to come, each used once.
        heard: Operations that the bot has sent over the gateway, with their data.
        refuses: The close code with which an identify is refused, or None.
        silent: Whether heartbeats get no answer.
        closed: Whether the gateway takes no connection.
        files: What the CDN serves, by path.
        guilds: The servers of the bot: what its role there allows, by id.
    """

    def __init__(self):
        self.asked, self.faults, self.heard, self.files, self.guilds = [], deque(), [], {}, {}
        self.refuses, self.silent, self.closed, self.address = None, False, False, ""
        self._commands, self._socket, self._sequence, self._sessions = [], None, 0, 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def serving(self):
        """Listens on a free port."""
        app = web.Application(client_max_size=1 << 25)
        app.add_routes([web.get("/", self._gateway), web.get("/cdn/{name}", self._cdn)])
        app.add_routes([web.route("*", "/api/v10/{path:.*}", self._rest)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def until(self, met):
        """Waits until a condition on this object holds; returns what it gave."""
        async with asyncio.timeout(PATIENCE), self._changed:
            while not (found := met()):
                await self._changed.wait()
            return found

    def requests(self, method, path):
        """The requests so far whose path fits a pattern."""
        return [each for each in self.asked if each.method == method and re.fullmatch(path, each.path)]

    async def request(self, method, path, number=1):
        """Waits for so many requests of a kind; returns the last."""
        return (await self.until(lambda: self.requests(method, path)[number - 1 : number]))[0]

    async def operation(self, code, number=1):
        """Waits until the bot has sent an operation so many times; returns the data of the last."""
        return (await self.until(lambda: [data for op, data in self.heard if op == code][number - 1 : number]))[0]

    async def _note(self, act):
        async with self._changed:
            act()
            self._changed.notify_all()

    # -- what happens on Discord

    async def use(self, name, number, options=(), resolved=None):
        """A member uses a slash command in a direct message; returns the token of the interaction."""
        token = f"token{number}"
        command = next(each for each in self._commands if each["name"] == name)
        data = {"id": command["id"], "name": name, "type": 1, "options": list(options), "resolved": resolved or {}}
        await self.dispatch(
            "INTERACTION_CREATE",
            {
                "id": str(5000 + number),
                "application_id": BOT["id"],
                "type": 2,
                "data": data,
                "channel": {"id": "4000", "type": 1},
                "channel_id": "4000",
                "user": ANN,
                "token": token,
                "version": 1,
                "app_permissions": "0",
                "locale": "en-US",
                "entitlements": [],
                "authorizing_integration_owners": {},
                "context": 1,
                "attachment_size_limit": 10 << 20,
            },
        )
        return token

    async def answered(self, number, token):
        """Waits for the text of an answer: of the callback, or of what replaced its "thinking"."""
        first = await self.request("POST", f"/interactions/{5000 + number}/{token}/callback")
        if first.body["type"] == 5:
            first = await self.request("PATCH", f"/webhooks/1000/{token}/messages/@original")
        return json.dumps(first.body, ensure_ascii=False)

    async def dispatch(self, event, data):
        """Sends an event."""
        self._sequence += 1
        await self._socket.send_json({"op": 0, "t": event, "s": self._sequence, "d": data})

    async def operate(self, code, data=None):
        """Sends an operation: 7 asks the bot to reconnect, 9 ends its session."""
        await self._socket.send_json({"op": code, "d": data})

    def drop(self):
        """Cuts the connection without a word."""
        self._socket._writer.transport.abort()

    # -- what the bot reaches

    async def _gateway(self, request):
        if self.closed:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._socket = socket
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 400}})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            heard = json.loads(message.data)
            code, data = heard["op"], heard["d"]
            if code == 1 and not self.silent:
                await socket.send_json({"op": 11})
            if code == 2 and self.refuses is not None:
                await socket.close(code=self.refuses)
            elif code == 2:
                await self._begin()
            elif code == 6:
                await self.dispatch("RESUMED", {})
            if code != 1:
                await self._note(lambda code=code, data=data: self.heard.append((code, data)))
        return socket

    async def _begin(self):
        self._sequence, self._sessions = 0, self._sessions + 1
        await self.dispatch(
            "READY",
            {
                "v": 10,
                "user": BOT,
                "guilds": [],
                "session_id": f"session{self._sessions}",
                "resume_gateway_url": f"ws://{self.address}/",
                "application": {"id": BOT["id"], "flags": 0},
                "shard": [0, 1],
            },
        )

    async def _cdn(self, request):
        return web.Response(body=self.files[request.match_info["name"]])

    async def _rest(self, request):
        path = "/" + request.match_info["path"]
        if request.content_type == "multipart/form-data":
            body = json.loads((await request.post())["payload_json"])
        else:
            text = await request.text()
            body = json.loads(text) if text else None
        await self._note(lambda: self.asked.append(Asked(request.method, path, body)))
        for fault in self.faults:
            if fault.method == request.method and re.fullmatch(fault.path, path):
                self.faults.remove(fault)
                return _json(fault.body, status=fault.status, headers=fault.headers)
        return self._answer(request.method, path, body)

    def _answer(self, method, path, body):
        if path == "/users/@me":
            return _json(BOT)
        if path == "/oauth2/applications/@me":
            team = {"id": BOT["id"], "name": "helpbot", "description": "", "bot_public": True, "icon": None}
            team |= {"bot_require_code_grant": False, "verify_key": "", "flags": 0, "team": None, "owner": ANN}
            return _json(team)
        if path == "/applications/1000/commands":
            if method == "PUT":
                extra = {"application_id": "1000", "version": "1"}
                self._commands = [{"description": "", **each, **extra, "id": str(n)} for n, each in enumerate(body, 1)]
            return _json(self._commands)
        if path == "/users/@me/guilds":
            return _json([_guild(each) for each in self.guilds])
        if path.startswith("/guilds/"):
            return _json(self._of_guild(*path.split("/")[2:]))
        if path.endswith("/callback"):
            found = {"id": path.split("/")[2], "type": 2, "response_message_id": "7000"}
            return _json({"interaction": found})
        message = {"id": "7000", "channel_id": "4000", "author": BOT, "content": "", "edited_timestamp": None}
        message |= {"timestamp": "2026-01-01T00:00:00+00:00", "tts": False, "mention_everyone": False, "type": 0}
        message |= {"mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": False}
        return _json(message)

    def _of_guild(self, guild, what="", *_):
        """A server with its roles, or the bot as a member of it: only the whole server says what its roles allow."""
        if what == "members":
            return {
                "user": BOT,
                "roles": ["9"],
                "joined_at": "2026-01-01T00:00:00+00:00",
                "deaf": False,
                "mute": False,
                "flags": 0,
            }
        plain = {"color": 0, "colors": {"primary_color": 0}, "hoist": False, "managed": False, "mentionable": False}
        everyone = {**plain, "id": guild, "name": "@everyone", "position": 0, "permissions": "0", "flags": 0}
        own = {**everyone, "id": "9", "name": "helpbot", "position": 1, "permissions": str(self.guilds[guild])}
        return {**_guild(guild), "roles": [everyone, own]}


def _guild(guild):
    """A server as lists have it."""
    return {"id": guild, "name": "Fine-tuning", "owner_id": ANN["id"], "icon": None, "owner": False, "features": []}


def _json(value, status=200, headers=None):
    """JSON as Discord sends it: the library reads no other content type, with a charset neither."""
    plain = {"Content-Type": "application/json", **(headers or {})}
    return web.Response(body=json.dumps(value).encode(), status=status, headers=plain)
