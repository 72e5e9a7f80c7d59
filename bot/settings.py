"""What the host decides: read once at the start, from the environment or from arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.hub.addresses import HUB, VIEWER, usable
from bot.links import host_of
from bot.time_limit import SECONDS
from knowledge.duration import price_of
from knowledge.gpus import gpu_named


class Settings(BaseSettings):
    """The bot's settings; each is also an environment variable, `HELPBOT_` and its name, the token `DISCORD_TOKEN`.

    Attributes:
        token: The bot's token. Only `helpbot run` needs it.
        database: Path of the SQLite file.
        database_url: Address of a database; wins over the path.
        shard_count: Shards of the whole bot; without it Discord says how many.
        shard_ids: Shards of this process, all of them if empty.
        workers: Processes that check configs; 0 checks on threads of the bot's own process.
        queue: Checks that may wait for a worker before members are told to come back.
        check_seconds: Seconds after which a check is given up.
        member_burst: Commands that a member may send at once; one more every second.
        guild_burst: Commands that a server may send at once; five more every second.
        answer_minutes: Minutes for which the buttons of an answer work.
        health_host: Where /healthz and /metrics are served.
        health_port: Their port; 0 serves neither.
        log_format: `text` for people, `json` for machines.
        log_level: `DEBUG`, `INFO`, `WARNING` or `ERROR`.
        hub: `on` looks up on the Hub what configs name, `off` asks nobody.
        hub_endpoint: The Hub's address, `HF_ENDPOINT` in the environment.
        hub_viewer: The address of its dataset viewer.
        help_channels: `on` asks Discord for the text of messages, for channels that moderators name; `off` does not.
        link_hosts: Hosts whose pastes, gists, and raw files are read where a message links to them; none by default.
        gpu_prices: Prices of a GPU-hour by the card's name, for the cost of a run: `RTX 4090=0.40, H100 80GB=2.50`.
        source_url: Where the source of this bot is found, shown by /about.
    """

    model_config = SettingsConfigDict(
        env_prefix="HELPBOT_", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    token: SecretStr | None = Field(default=None, validation_alias="DISCORD_TOKEN")
    database: Path = Path("data/helpbot.sqlite3")
    database_url: SecretStr | None = None
    shard_count: int | None = Field(default=None, ge=1)
    shard_ids: Annotated[tuple[int, ...], NoDecode] = ()
    workers: int = Field(default=2, ge=0, le=64)
    queue: int = Field(default=64, ge=1)
    check_seconds: float = Field(default=SECONDS, gt=0)
    member_burst: int = Field(default=60, ge=1)
    guild_burst: int = Field(default=600, ge=1)
    answer_minutes: int = Field(default=60, ge=1)
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=8766, ge=0, le=65535)
    log_format: str = Field(default="text", pattern="^(text|json)$")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    hub: str = Field(default="on", pattern="^(on|off)$")
    hub_endpoint: str = Field(default=HUB, validation_alias="HF_ENDPOINT")
    hub_viewer: str = VIEWER
    help_channels: str = Field(default="off", pattern="^(on|off)$")
    link_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    gpu_prices: Annotated[dict[str, float], NoDecode] = Field(default_factory=dict)
    source_url: str = ""

    @field_validator("hub_endpoint", "hub_viewer")
    @classmethod
    def _is_usable(cls, value: str) -> str:
        """An address of the Hub that may be asked."""
        return usable(value)

    @field_validator("shard_ids", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """`"0,1,2"` is how a list stands in the environment."""
        if isinstance(value, str):
            return tuple(int(part) for part in value.split(",") if part.strip())
        return value

    @field_validator("link_hosts", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """`"gist.github.com, gist.githubusercontent.com"` is how hosts stand in the environment."""
        entries = value.split(",") if isinstance(value, str) else value
        return tuple(host_of(entry) for entry in entries if entry.strip())

    @field_validator("gpu_prices", mode="before")
    @classmethod
    def _priced(cls, value: Any) -> Any:
        """`"RTX 4090=0.40, H100 80GB=2.50"` is how prices stand in the environment."""
        if not isinstance(value, str):
            return value
        pairs = [part.rpartition("=") for part in value.split(",") if part.strip()]
        try:
            return {gpu_named(name).name: price_of(price) for name, _, price in pairs}
        except ValueError as error:
            raise ValueError(f"HELPBOT_GPU_PRICES is written like `RTX 4090=0.40, H100 80GB=2.50`: {error}") from error

    @model_validator(mode="after")
    def _shards_fit(self) -> Self:
        if self.shard_ids and self.shard_count is None:
            raise ValueError("HELPBOT_SHARD_IDS needs HELPBOT_SHARD_COUNT: how many shards the whole bot has")
        if self.shard_count is not None and any(not 0 <= shard < self.shard_count for shard in self.shard_ids):
            raise ValueError(f"HELPBOT_SHARD_IDS must lie between 0 and {self.shard_count - 1}")
        return self

    @classmethod
    def from_environment(cls) -> Self:
        """The settings of the environment and, below it, of a file `.env` in the current folder."""
        return cls(_env_file=".env")

    @property
    def reads_messages(self) -> bool:
        """Whether the text of messages is asked for."""
        return self.help_channels == "on"

    @property
    def address(self) -> str:
        """The address of the database, for `bot.store.open_store`."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.database}"
