"""What a host installs: the wheel, the image's ingredients, the compose file, and documents that name everything."""

import ast
import asyncio
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from bot.cli import commands
from bot.settings import Settings
from tests.places import ROOT

SETTINGS = {
    field.validation_alias if isinstance(field.validation_alias, str) else f"HELPBOT_{name.upper()}"
    for name, field in Settings.model_fields.items()
}


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def yaml_of(name: str):
    return yaml.safe_load(text_of(name))


# -- the wheel -----------------------------------------------------------------------------------------------------


def product() -> list[str]:
    """The files of the three packages, those that git knows where there is git."""
    packages = ("bot", "cogs", "knowledge")
    done = subprocess.run(["git", "ls-files", *packages], cwd=ROOT, capture_output=True, text=True, check=False)
    names = done.stdout.split("\n")
    if done.returncode != 0:
        names = [str(path.relative_to(ROOT)) for package in packages for path in (ROOT / package).rglob("*")]
    return [name for name in names if (ROOT / name).is_file() and not name.endswith(".pyc")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy of the tree, so that no build folder is left in it."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheels")
    for name in (*product(), "pyproject.toml", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target)]
    for isolation in (["--no-build-isolation"], []):
        done = subprocess.run([*build, *isolation, str(source)], capture_output=True, text=True, check=False)
        if found := list(target.glob("*.whl")):
            return found[0]
    pytest.skip(f"no setuptools 80 is installed, and none could be fetched to build the wheel: {done.stderr[-200:]}")


def test_the_wheel_carries_every_data_file(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = [name for name in product() if name.endswith((".py", ".yaml", ".json", ".sql", ".typed"))]
    assert len(wanted) > 100
    assert [name for name in wanted if name not in inside] == []


def test_the_wheel_carries_nothing_but_the_product(wheel):
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"bot", "cogs", "knowledge", f"{wheel.name.rsplit('-', 3)[0]}.dist-info"}


def test_the_unpacked_wheel_checks_a_config(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = "import sys; sys.path.insert(0, 'site'); from bot.cli import main; sys.exit(main(['check', '-']))"
    done = subprocess.run(
        [sys.executable, "-c", code], input="base_modle: x\n", cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "base_model" in done.stdout


# -- locks ---------------------------------------------------------------------------------------------------------


def names_in(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9_.-]+)==", text_of(lock), re.MULTILINE))


def test_the_lock_of_the_image_has_the_shared_database_and_not_the_demo():
    assert {"asyncpg", "discord-py", "pydantic"} <= names_in("locks/run.txt")
    assert not names_in("locks/run.txt") & {"simcord", "pytest", "playwright", "mypy", "setuptools", "pip"}
    assert names_in("locks/build.txt") == {"setuptools"}


@pytest.mark.parametrize("lock", ["locks/run.txt", "locks/dev.txt", "locks/build.txt"])
def test_every_locked_package_has_hashes(lock):
    for block in re.split(r"^(?=[a-z0-9])", text_of(lock), flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block


def test_no_secret_is_in_the_tree_and_one_would_be_found_without_being_shown(tmp_path):
    look = [sys.executable, str(ROOT / "scripts/find_secrets.py")]
    made_up = "hf_" + "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi"
    (tmp_path / "notes.md").write_text(f"first line\nmy token: {made_up}\n")
    found = subprocess.run([*look, "notes.md"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "notes.md, line 2: Hugging Face token" in found.stdout
    assert made_up not in found.stdout
    files = [name for name in product() if not name.endswith(".json")]
    assert subprocess.run([*look, *files], cwd=ROOT, capture_output=True, check=False).returncode == 0


# -- the image -----------------------------------------------------------------------------------------------------


def test_the_image_is_built_in_two_stages_from_hashed_locks_and_runs_as_nobody_special():
    lines = text_of("Dockerfile")
    stages = re.findall(r"^FROM (\S+)", lines, re.MULTILINE)
    assert len(stages) == 2
    assert all(stage.endswith("-slim") for stage in stages)
    assert lines.count("--require-hashes") == 2
    last = lines.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert "--uid 10001" in last
    assert re.search(r'^HEALTHCHECK .*CMD \["healthy"\]$', last, re.MULTILINE)


def test_all_that_the_image_copies_exists_and_is_let_in():
    let_in = {line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+)$", text_of("Dockerfile"), re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert name in let_in, name


@pytest.fixture
async def server():
    """Serves /healthz with a status that a test sets; gives its address and that status."""
    state = {"status": 200}

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"}, status=state["status"])

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    state["port"] = runner.addresses[0][1]
    yield state
    await runner.cleanup()


async def healthy(**environment: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "deploy/healthy.py"), env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


async def test_the_health_check_follows_healthz(server):
    port = str(server["port"])
    assert await healthy(HELPBOT_HEALTH_PORT=port) == 0
    assert await healthy(HELPBOT_HEALTH_PORT=port, HELPBOT_HEALTH_HOST="0.0.0.0") == 0
    server["status"] = 503
    assert await healthy(HELPBOT_HEALTH_PORT=port) == 1


async def test_the_health_check_fails_where_nobody_answers_and_asks_nobody_where_none_is_served():
    assert await healthy(HELPBOT_HEALTH_PORT="1") == 1
    assert await healthy(HELPBOT_HEALTH_PORT="0") == 0


# -- compose -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def services():
    return yaml_of("docker-compose.yml")["services"]


@pytest.mark.parametrize("name", ["bot", "bot-0", "bot-1"])
def test_the_bot_is_held_in(services, name):
    service = services[name]
    assert service["read_only"] is True
    assert service["user"] == "10001:10001"
    assert service["cap_drop"] == ["ALL"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"] == ["CMD", "healthy"]
    assert any(place.startswith("/tmp") for place in service["tmpfs"])
    assert "ports" not in service


def test_one_machine_keeps_its_database_in_a_volume_and_takes_the_token_from_the_environment(services):
    assert "profiles" not in services["bot"]
    assert services["bot"]["volumes"] == ["data:/data"]
    assert services["bot"]["environment"]["HELPBOT_DATABASE"].startswith("/data/")
    assert services["bot"]["environment"]["DISCORD_TOKEN"] == "${DISCORD_TOKEN:-}"


def test_the_processes_of_the_fleet_divide_the_shards_between_them(services):
    fleet = {name: service for name, service in services.items() if service.get("profiles") == ["fleet"]}
    assert set(fleet) == {"bot-0", "bot-1", "postgres", "prometheus"}
    shards: list[int] = []
    for name in ("bot-0", "bot-1"):
        environment = fleet[name]["environment"]
        given = {key.removeprefix("HELPBOT_").lower(): value for key, value in environment.items() if "$" not in value}
        settings = Settings(**given)
        assert settings.shard_count == 2
        shards += settings.shard_ids
        assert environment["HELPBOT_DATABASE_URL"].endswith("@postgres/helpbot")
    assert sorted(shards) == [0, 1]


def test_prometheus_asks_every_process_of_the_fleet(services):
    targets = yaml_of("deploy/prometheus.yml")["scrape_configs"][0]["static_configs"][0]["targets"]
    assert {target.partition(":")[0] for target in targets} == {"bot-0", "bot-1"}
    assert {target.partition(":")[2] for target in targets} == {services["bot-0"]["environment"]["HELPBOT_HEALTH_PORT"]}


def test_images_of_others_have_a_version(services):
    for name in ("postgres", "prometheus"):
        assert re.search(r":v?\d", services[name]["image"])


# -- documents -----------------------------------------------------------------------------------------------------


def test_the_example_of_the_settings_names_every_one_and_is_one(tmp_path, monkeypatch):
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", text_of(".env.example"), re.MULTILINE))
    assert set(given) - {"POSTGRES_PASSWORD"} == SETTINGS
    (tmp_path / ".env").write_text(text_of(".env.example"))
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment() == Settings()


def test_the_page_for_hosts_has_a_row_for_every_setting_with_its_default():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]*)\|", text_of("docs/self-hosting.md"), re.MULTILINE))
    assert set(rows) == SETTINGS
    for name, field in Settings.model_fields.items():
        shown = rows.get(f"HELPBOT_{name.upper()}")
        if shown is not None and not field.default_factory and field.default not in (None, "", ()):
            value = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
            assert shown.replace("`", "").split(" (")[0].strip() == value, name


def test_no_document_names_a_setting_that_there_is_not():
    for file in (*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "docker-compose.yml", ROOT / "Dockerfile"):
        named = set(re.findall(r"HELPBOT_[A-Z_]+[A-Z]", file.read_text("utf-8")))
        assert named - {"HELPBOT_TAG"} <= SETTINGS, file.name


def test_the_page_for_hosts_names_every_command_and_no_other():
    named = set(re.findall(r"`helpbot ([a-z]+)", text_of("docs/self-hosting.md")))
    assert named == set(commands())


def test_the_page_for_hosts_names_every_metric():
    source = text_of("bot/metrics.py")
    kinds = re.findall(r'(Counter|Histogram|Gauge)\(\s*"(helpbot_\w+)"', source)
    named = set(re.findall(r"^\| `(helpbot_\w+)` \|", text_of("docs/self-hosting.md"), re.MULTILINE))
    assert named == {f"{name}_total" if kind == "Counter" else name for kind, name in kinds}


def constants(file: Path):
    """Names and numbers that a module sets at its top."""
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.Assign):
            left, right = node.targets[0], node.value
            pairs = [(left, right)]
            if isinstance(left, ast.Tuple) and isinstance(right, ast.Tuple):
                pairs = list(zip(left.elts, right.elts, strict=False))
            for name, value in pairs:
                if isinstance(name, ast.Name) and isinstance(value, ast.Constant | ast.BinOp):
                    with suppress(NameError, TypeError):
                        yield name.id, eval(ast.unparse(value), {"__builtins__": {}})


def test_the_page_of_limits_has_the_numbers_of_the_code():
    rows = re.findall(
        r"^\| .* \| (?:for )?([\d,]+)( MiB)?[^|:]*: `(\w+)`",
        text_of("docs/limits.md"),
        re.MULTILINE,
    )
    assert len(rows) > 20
    values: dict[str, set[int]] = {}
    for file in (path for package in ("bot", "cogs", "knowledge") for path in (ROOT / package).rglob("*.py")):
        for name, value in constants(file):
            values.setdefault(name, set()).add(value)
    for number, mebi, name in rows:
        shown = int(number.replace(",", "")) << (20 if mebi else 0)
        if name.startswith("HELPBOT_"):
            assert Settings.model_fields[name.removeprefix("HELPBOT_").lower()].default == shown, name
        else:
            assert shown in values.get(name, set()), name


def test_the_page_on_privacy_names_every_table():
    named = text_of("docs/privacy.md")
    for engine in ("sqlite", "postgresql"):
        for file in (ROOT / "bot/store/migrations" / engine).glob("*.sql"):
            for table in re.findall(r"CREATE TABLE (\w+)", file.read_text("utf-8")):
                assert table in named or table in ("faq_names", "faq_links", "faq_words", "faq_search"), table


def test_the_changelog_has_the_version_that_is_packaged():
    version = re.search(r'^version = "(.+)"$', text_of("pyproject.toml"), re.MULTILINE)[1]
    assert f"## [{version}] - " in text_of("CHANGELOG.md")
    assert f":-{version}}}" in text_of("docker-compose.yml")
