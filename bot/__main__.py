"""`make run`: on Discord with a token; without one the check of a bundled config, and the demo page."""

from __future__ import annotations

import sys
from importlib import resources

from bot.cli import main
from bot.stopping import quiet_start


def start() -> int:
    """Run the bot, or show what it does."""
    with quiet_start():
        from bot.console.run import read_settings

        settings = read_settings()
        if settings is None:
            return 2
        if settings.token is not None:
            return main(["run"])
        sys.stdout.write("A bundled example on 4 GPUs: what Axolotl makes of it, and its effective batch.\n\n")
        with resources.as_file(resources.files("bot") / "examples" / "facts.yaml") as path:
            main(["check", "--gpus", "4", str(path)])
        return main(["demo"])


if __name__ == "__main__":
    sys.exit(start())
