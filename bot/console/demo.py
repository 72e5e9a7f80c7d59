"""`helpbot demo`: the bot in a local browser page, without a token."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import webbrowser

SUMMARY = "Try the bot in a local browser page, without a token or a Discord account."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--port", type=_port, help="port of the page on 127.0.0.1 (default: a free one)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")


def run(options: argparse.Namespace) -> int:
    """Serve the page until interrupted; exit 2 when it cannot be served."""
    try:
        from simcord import SetupError
    except ImportError:
        print("helpbot: the demo needs simcord: pip install 'axolotl-help-bot[demo]'.", file=sys.stderr)
        return 2
    try:
        return asyncio.run(_serve(options.port, open_browser=not options.no_browser))
    except SetupError as error:
        print(f"helpbot: the page cannot be served: {error}.", file=sys.stderr)
        return 2


async def _serve(port: int | None, *, open_browser: bool) -> int:
    from bot.demo import demo
    from bot.stopping import stop_signal

    async with stop_signal() as stop, demo(port=port) as running:
        print(f"Try the bot at {running.url}", flush=True)
        print("Type /checkconfig there and choose a file. Press Ctrl-C to stop.", flush=True)
        if open_browser and _has_screen():
            await asyncio.to_thread(webbrowser.open, running.url)
        await stop.wait()
    return 0


def _has_screen() -> bool:
    """Whether opening a browser would show it to somebody."""
    if not sys.stdout.isatty():
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _port(word: str) -> int:
    number = int(word)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port from 0 to 65535")
    return number
