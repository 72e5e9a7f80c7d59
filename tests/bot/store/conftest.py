"""Stores to test on: a fresh SQLite file, and a PostgreSQL server of the machine's own binaries where there are any."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import asyncpg
import pytest

from bot.store import open_store, sqlite_url


class PostgresServer:
    """A server in a temporary folder that listens on a socket there and nowhere else."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries = binaries
        self.folder = folder
        self.data = folder / "data"

    def run(self, *command: str) -> None:
        prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        arguments = [*prefix, str(self.binaries / command[0]), *command[1:]]
        done = subprocess.run(arguments, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    def create(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, "nobody", "nogroup")
        self.run("initdb", "-D", str(self.data), "-U", "host", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        # Without fsync a killed server keeps what it acknowledged; only a machine without power would not.
        options = f"-k {self.folder} -c listen_addresses='' -c shared_buffers=16MB -c max_connections=60 -c fsync=off"
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def url(self, database: str = "helpbot", user: str = "helpbot") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    async def ask(self, sql: str, database: str = "postgres"):
        connection = await asyncpg.connect(self.url(database, "host"))
        try:
            return await connection.fetch(sql)
        finally:
            await connection.close()

    async def fresh(self, database: str) -> str:
        """An empty database that belongs to a user without any other right; returns its address."""
        await self.ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        await self.ask(f"CREATE DATABASE {database} OWNER helpbot")
        return self.url(database)


@pytest.fixture(scope="session")
def postgres_server():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL is installed on this machine (Debian: apt-get install postgresql)")
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("PostgreSQL refuses to run as root, and there is no setpriv to become somebody else")
    folder = Path(tempfile.mkdtemp(prefix="helpbot-pg-"))
    server = PostgresServer(found[-1].parent, folder)
    server.create()
    server.start()
    yield server
    server.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def postgres_url(postgres_server):
    """The address of an empty database; its schema stays from test to test."""
    roles = await postgres_server.ask("SELECT rolname FROM pg_roles WHERE rolname = 'helpbot'")
    if not roles:
        await postgres_server.ask("CREATE ROLE helpbot LOGIN")
        await postgres_server.fresh("helpbot")
    if await postgres_server.ask("SELECT tablename FROM pg_tables WHERE tablename = 'guilds'", "helpbot"):
        await postgres_server.ask("DELETE FROM guilds", "helpbot")
        await postgres_server.ask("DELETE FROM marks", "helpbot")
        await postgres_server.ask("DELETE FROM hub_lookups", "helpbot")
        await postgres_server.ask("DELETE FROM help_opt_outs", "helpbot")
    return postgres_server.url()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database, once on each engine."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "helpbot.sqlite3")
    return request.getfixturevalue("postgres_url")


@pytest.fixture
async def store(url):
    store = await open_store(url)
    yield store
    await store.close()
