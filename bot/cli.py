"""`helpbot COMMAND`: each command is a module of bot.console, found without a list and imported only when asked for."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from contextlib import nullcontext
from pathlib import Path

from bot import console
from bot.console._printable import printable
from bot.time_limit import TimeUp, time_limit

_UNTIMED = frozenset({"backup", "check", "demo", "doctor", "faq", "migrate", "run"})
"""Commands that serve, work on a database, or give each file its own time."""


def commands() -> list[str]:
    """The names of all commands."""
    files = (file for folder in console.__path__ for file in Path(folder).iterdir())
    return sorted(file.stem for file in files if file.suffix == ".py" and not file.name.startswith("_"))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is the command's, 2 for unusable arguments."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or words[0] in ("-h", "--help"):
        print(_overview())
        return 0 if words else 2
    if words[0] == "--version":
        from importlib.metadata import version

        print(f"helpbot {version('axolotl-help-bot')}")
        return 0
    if words[0] not in commands():
        from difflib import get_close_matches

        near = get_close_matches(words[0], commands(), 1)
        meant = f" Did you mean `{near[0]}`?" if near else ""
        with printable():
            said = f"helpbot: no command `{words[0]}`.{meant} The commands are: {', '.join(commands())}."
            print(said, file=sys.stderr)
        return 2
    # What imports make stays until the end: looking through it for garbage takes a fifth of a short command's time.
    gc.disable()
    module = importlib.import_module(f"bot.console.{words[0]}")
    gc.freeze()
    gc.enable()
    parser = argparse.ArgumentParser(
        prog=f"helpbot {words[0]}", description=module.SUMMARY, allow_abbrev=False, formatter_class=_formatter
    )
    module.arguments(parser)
    try:
        with printable(), nullcontext() if words[0] in _UNTIMED else time_limit():
            code: int = module.run(parser.parse_args(words[1:]))
        sys.stdout.flush()
    except TimeUp as limit:
        print(f"helpbot: this takes more than {limit}, so I gave up on it.", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if arguments is None and not _has_threads():
        # Nothing is left to end, and taking the interpreter apart costs a short command a twentieth of its time.
        sys.stderr.flush()
        os._exit(code)
    return code


def _has_threads() -> bool:
    """Whether the command left threads behind; one that did not load `threading` has none."""
    threading = sys.modules.get("threading")
    return threading is not None and threading.active_count() > 1


def _formatter(prog: str) -> argparse.HelpFormatter:
    """The usual one; given a width, it does not load the archive formats of `shutil` to ask the terminal for it."""
    try:
        width = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
    except (OSError, ValueError):
        width = 0
    return argparse.HelpFormatter(prog, width=max(width or 80, 40) - 2)


def _overview() -> str:
    lines = ["usage: helpbot COMMAND ...", ""]
    for name in commands():
        module = importlib.import_module(f"bot.console.{name}")
        lines.append(f"  {name:<12}{module.SUMMARY}")
    return "\n".join([*lines, "", "helpbot COMMAND --help tells you more about each."])


if __name__ == "__main__":
    sys.exit(main())
