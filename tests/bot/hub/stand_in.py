"""A Hub for tests: the product's own example Hub, and every fault that the real one and the way to it can have."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

from bot.hub.example import ExampleDataset, ExampleHub, ExampleModel

TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 128,
    "vocab_size": 1000,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": False,
    "rms_norm_eps": 1e-6,
}
TOKENIZER = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<s>",
    "eos_token": {"content": "<|im_end|>"},
    "pad_token": None,
    "added_tokens_decoder": {"1": {"content": "<|im_end|>"}, "2": {"content": "<|im_start|>"}},
    "chat_template": TEMPLATE,
}


def model(name="org/llama", *, config=None, tokenizer=TOKENIZER, files=None, weights=True, **more):
    """A small Llama, or what the arguments make of it."""
    held = {"config.json": json.dumps(LLAMA if config is None else config).encode()}
    if tokenizer is not None:
        held["tokenizer_config.json"] = json.dumps(tokenizer).encode()
    if weights:
        held["model.safetensors"] = b""
        more.setdefault("tensors", {"BF16": 210_240})
    return ExampleModel(name, {**held, **(files or {})}, **more)


def dataset(name="org/rows", rows=None, **more):
    """Alpaca rows in the split train, or what the arguments make of them."""
    plain = [{"instruction": f"Count to {n}.", "input": "", "output": f"1 to {n}"} for n in range(40)]
    return ExampleDataset(name, {"default": {"train": plain}} if rows is None else rows, **more)


@dataclass
class StandIn:
    """A running Hub.

    Attributes:
        hub, viewer: The two addresses, on two ports.
        seen: Path and headers of every request.
        faults: What is answered instead, by the beginning of the path.
    """

    hub: str = ""
    viewer: str = ""
    seen: list = field(default_factory=list)
    faults: dict = field(default_factory=dict)

    def paths(self):
        return [path for path, _ in self.seen]

    def environment(self):
        return {"HF_ENDPOINT": self.hub, "HELPBOT_HUB_VIEWER": self.viewer}


@asynccontextmanager
async def stand_in(models=(), datasets=(), faults=None):
    """Serves models and datasets on two ports of loopback."""
    running = StandIn(faults=dict(faults or {}))

    @web.middleware
    async def watched(request, handler):
        running.seen.append((request.path_qs, dict(request.headers)))
        for path, fault in running.faults.items():
            if request.path.startswith(path):
                return await fault(request)
        return await handler(request)

    app = ExampleHub(models or [model()], datasets or [dataset()]).application()
    app.middlewares.append(watched)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        for _ in range(2):
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        running.hub, running.viewer = (f"http://127.0.0.1:{port}" for _, port in runner.addresses)
        yield running
    finally:
        await runner.cleanup()


# -- faults --------------------------------------------------------------------------------------------------------


def answers(status=200, body="", headers=None, kind="application/json"):
    async def fault(_request):
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        data = text.encode() if isinstance(text, str) else text
        return web.Response(status=status, body=data, headers=headers, content_type=kind)

    return fault


def redirects(place):
    async def fault(_request):
        raise web.HTTPTemporaryRedirect(place)

    return fault


async def hangs(_request):
    await asyncio.sleep(60)


async def drips(request):
    """One byte at a time: every single read is in time, the whole never is."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b"{")
    while True:
        await asyncio.sleep(0.05)
        await response.write(b" ")


async def floods(request):
    """A body without an end."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"id": "')
    with suppress(ConnectionError):
        while True:
            await response.write(b"x" * 65_536)
    return response
