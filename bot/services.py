"""What the bot owns and every handler works with: the store, the workers, and what is remembered for a while."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from discord.ext import commands

from bot.answers import Answers
from bot.cooldowns import Cooldown
from bot.errors import Busy
from bot.helpful_votes import HelpfulVotes
from bot.in_flight import InFlight
from bot.metrics import Metrics
from bot.pending import Pending
from bot.proposals import Proposals
from bot.turns import Turns
from bot.views.kit import notice
from bot.workers import Workers

if TYPE_CHECKING:
    import discord

    from bot.hub import Hub
    from bot.links import Links
    from bot.settings import Settings
    from bot.store import Store


class Services:
    """Made with the bot; what needs to be opened is opened when the bot starts.

    Attributes:
        settings: What the host decided.
        version: The version of this bot.
        store: The database; there from the bot's `setup_hook` to its `close`.
        hub: The Hub, where the host lets it be asked; there as long as the store.
        links: Links that are read, where the host lists any; there as long as the store.
        workers: Where configs are checked.
        answers: What the buttons under recent answers need to know.
        pending: What moderators have begun and not confirmed yet.
        helpful_votes: Who has said that an entry helped.
        proposals: Wordings of questions that an entry helped with.
        in_flight: Commands that are being answered.
        turns: Whose texts and files are worked on.
        metrics: What /metrics tells.
    """

    store: Store
    hub: Hub | None
    links: Links | None

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.hub = None
        self.links = None
        self.version = _version()
        self.workers = Workers(settings.workers, settings.queue, settings.check_seconds)
        self.answers = Answers(minutes=settings.answer_minutes)
        self.pending = Pending()
        self.helpful_votes = HelpfulVotes()
        self.proposals = Proposals()
        self.in_flight = InFlight()
        self.turns = Turns()
        self.metrics = Metrics()
        self._members = Cooldown(settings.member_burst, 1.0)
        self._servers = Cooldown(settings.guild_burst, 5.0)

    def spend(self, interaction: discord.Interaction[Any]) -> None:
        """Takes one command off the share of the member and of the server.

        Raises:
            Busy: one of them has none left; the sentence names the seconds to wait.
        """
        seconds = self._members.take(interaction.user.id)
        if not seconds and interaction.guild_id is not None:
            seconds = self._servers.take(interaction.guild_id)
        if seconds:
            self.metrics.failure("cooldown")
            raise Busy(notice.wait(seconds))


def _version() -> str:
    try:
        return version("axolotl-help-bot")
    except PackageNotFoundError:
        return "unknown"


class ServiceBot(commands.AutoShardedBot):
    """A bot as its handlers see it: what the library offers, and the services.

    Attributes:
        services: What the bot owns.
    """

    services: Services

    @property
    def connected(self) -> bool:
        """Whether every shard of this process has its connection to Discord."""
        raise NotImplementedError
