"""What a host is given besides the program: workflows, alert rules and a dashboard."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from bot.metrics import Metrics
from tests.places import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DEPLOY = ROOT / "deploy"
ALERTS = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))
DASHBOARD = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))


def known_series():
    """The names of everything that /metrics serves once something of each kind has happened."""
    metrics = Metrics()
    with metrics.command("about"):
        metrics.failure("incident")
    metrics.check("clean")
    metrics.secret("Hugging Face token")
    text = metrics.text(guilds=1, waiting=0, connected=True, latency=0.1).decode()
    return set(re.findall(r"^(helpbot_\w+)", text, re.MULTILINE))


UNIT = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / "helpbot.service").read_text("utf-8"), re.MULTILINE))


def test_the_unit_keeps_its_files_to_itself_and_gives_up_every_privilege():
    assert (UNIT["UMask"], UNIT["StateDirectoryMode"]) == ("0077", "0700")
    assert UNIT["CapabilityBoundingSet"] == UNIT["AmbientCapabilities"] == ""
    assert UNIT["OOMPolicy"] == "continue"
    for name in ("NoNewPrivileges", "PrivateDevices", "PrivateTmp", "LockPersonality", "RestrictSUIDSGID"):
        assert UNIT[name] == "true", name
    assert UNIT["ProtectSystem"] == "strict"
    assert UNIT["SystemCallFilter"] == "@system-service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit_is_one_that_systemd_reads(tmp_path):
    text = (DEPLOY / "helpbot.service").read_text("utf-8").replace("/opt/helpbot/bin/helpbot", "/bin/true")
    unit = tmp_path / "helpbot.service"
    unit.write_text(text.replace("User=helpbot", "User=root"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "helpbot.service" not in done.stderr


@pytest.mark.parametrize("workflow", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_actions_are_pinned_by_the_hash_of_a_commit(workflow):
    uses = re.findall(r"uses: (\S+)(.*)", workflow.read_text("utf-8"))
    assert uses
    for action, comment in uses:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+(?: .*)?", comment), f"{action} does not say its version"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_checkout_leaves_a_token_behind_and_no_expression_reaches_a_shell(workflow):
    jobs = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]
    for step in (step for job in jobs.values() for step in job["steps"]):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        assert "${{" not in step.get("run", "")


def test_a_release_carries_what_is_in_it_and_where_it_was_built():
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))["jobs"]
    build = "\n".join(step.get("run", "") for step in jobs["image"]["steps"])
    assert "--sbom=true --provenance=mode=max" in build
    used = {step["uses"].partition("@")[0] for job in jobs.values() for step in job["steps"] if "uses" in step}
    assert {"actions/attest-build-provenance", "actions/attest-sbom"} <= used
    for job in jobs.values():
        assert job["permissions"]["id-token"] == "write"
        assert job["permissions"]["contents"] == "read"


def expressions():
    """Every query of the alerts and of the dashboard, with the place where it stands."""
    for rule in (rule for group in ALERTS["groups"] for rule in group["rules"]):
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def test_every_metric_that_is_asked_for_exists_and_every_one_that_exists_is_shown():
    series = known_series()
    asked = {name for _, query in expressions() for name in re.findall(r"\bhelpbot_\w+", query)}
    assert asked <= series, asked - series
    shown = {re.sub(r"_(?:total|bucket|count|sum|created)$", "", name) for name in asked}
    assert {re.sub(r"_(?:total|bucket|count|sum|created)$", "", name) for name in series} == shown


def test_panels_of_the_dashboard_do_not_cover_each_other():
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


@pytest.mark.parametrize(
    "command",
    [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
        ["check", "config", "--syntax-only", "prometheus.yml"],
    ],
    ids=" ".join,
)
def test_prometheus_takes_the_rules_and_they_fire_when_they_should(command):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed; Debian has it in the package prometheus")
    done = subprocess.run(["promtool", *command], cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
