"""The workflow that follows Axolotl's releases: its own steps, run here on a repository with a remote."""

import os
import subprocess
import sys

import pytest
import yaml

from tests.places import ROOT

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "facts.yml").read_text("utf-8"))
STEPS = {step["name"]: step for job in WORKFLOW["jobs"].values() for step in job["steps"] if "name" in step}
BRANCH = "facts/axolotl-9.9.9"


def run(name, folder, **variables):
    """One step as the runner does it."""
    script = STEPS[name]["run"].replace("${{ steps.release.outputs.version }}", "9.9.9")
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder)}
    command = ["bash", "-e", "-c", script]
    return subprocess.run(command, cwd=folder, env=environment | variables, capture_output=True, text=True, check=False)


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A checkout with facts, docs and a remote, and a `gh` that writes down what it is asked."""
    remote, folder = tmp_path / "remote.git", tmp_path / "checkout"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", remote], check=True)
    subprocess.run(["git", "clone", "--quiet", remote, folder], check=True, capture_output=True)
    for path, text in {
        "knowledge/facts/types.json": '{"axolotl": "0.21.0"}',
        "docs/fields.md": "old",
        "a.py": "",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / ".gitignore").write_text(".venv\nbin\nasked\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    git(folder, "push", "--quiet", "origin", "HEAD:main")
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "bin").mkdir()
    gh = folder / "bin" / "gh"
    gh.write_text('#!/bin/sh\necho "$@" >> asked\nif [ "$2" = list ]; then echo "$OPEN"; fi\n')
    gh.chmod(0o755)
    return folder


@pytest.mark.parametrize("version", ["9.9.9", "0.22", "1.0.0rc1"])
def test_a_release_that_is_asked_for_is_taken(repository, tmp_path, version):
    output = tmp_path / "output"
    done = run("Which release is the newest", repository, WANTED=version, GITHUB_OUTPUT=str(output))
    assert done.returncode == 0, done.stderr
    assert output.read_text().splitlines() == [f"version={version}", "known=0.21.0"]


@pytest.mark.parametrize("version", ["1.0; touch bad", "$(touch bad)", "../1", "1.0 --extra-index-url x", "latest"])
def test_what_is_no_release_ends_the_run(repository, tmp_path, version):
    output = tmp_path / "output"
    done = run("Which release is the newest", repository, WANTED=version, GITHUB_OUTPUT=str(output))
    assert done.returncode != 0
    assert not output.exists()
    assert not (repository / "bad").exists()


@pytest.fixture
def handed_over(repository, tmp_path):
    """Carries what the first job has written to the second, which begins with a clean checkout."""

    def carry():
        (tmp_path / "short.md").write_text("what differs")
        kept = run("Keep what was written", repository, RUNNER_TEMP=str(tmp_path))
        assert kept.returncode == 0, kept.stderr
        git(repository, "reset", "--quiet", "--hard")
        return run("Apply what was written", repository, RUNNER_TEMP=str(tmp_path))

    return carry


def test_facts_and_docs_come_as_a_pull_request_and_nothing_else(repository, handed_over, tmp_path):
    (repository / "knowledge/facts/types.json").write_text('{"axolotl": "9.9.9"}')
    (repository / "docs/fields.md").write_text("new")
    (repository / "a.py").write_text("changed")
    assert handed_over().returncode == 0
    names = {"BRANCH": BRANCH, "TITLE": "Facts of Axolotl 9.9.9", "RUNNER_TEMP": str(tmp_path)}
    done = run("Open a pull request", repository, OPEN="", **names)
    assert done.returncode == 0, done.stderr
    changed = git(repository, "diff", "--name-only", "origin/main", f"origin/{BRANCH}").split()
    assert changed == ["docs/fields.md", "knowledge/facts/types.json"]
    asked = (repository / "asked").read_text()
    assert f"pr create --head {BRANCH} --base main --title Facts of Axolotl 9.9.9" in asked


def test_an_open_pull_request_is_renewed_and_not_opened_twice(repository, handed_over, tmp_path):
    (repository / "knowledge/facts/types.json").write_text('{"axolotl": "9.9.9"}')
    assert handed_over().returncode == 0
    names = {"BRANCH": BRANCH, "TITLE": "Facts of Axolotl 9.9.9", "RUNNER_TEMP": str(tmp_path)}
    done = run("Open a pull request", repository, OPEN="12", **names)
    assert done.returncode == 0, done.stderr
    assert git(repository, "rev-parse", f"origin/{BRANCH}") == git(repository, "rev-parse", "HEAD")
    assert "pr create" not in (repository / "asked").read_text()


def test_a_link_among_the_facts_is_refused(repository, handed_over):
    (repository / "docs/link.md").symlink_to("/etc/passwd")
    assert handed_over().returncode != 0
    assert not (repository / "docs/link.md").is_symlink()


def test_the_job_that_may_write_runs_no_foreign_code():
    for name, job in WORKFLOW["jobs"].items():
        may_write = "write" in job.get("permissions", WORKFLOW["permissions"]).values()
        assert may_write == (name == "pull-request")
        if may_write:
            scripts = "\n".join(step.get("run", "") for step in job["steps"])
            assert not any(word in scripts for word in ("pip", "python", "make", "npm", "curl"))


def test_a_command_that_a_release_refuses_fails_a_job_that_may_only_read_and_holds_up_no_pull_request():
    job = WORKFLOW["jobs"]["commands"]
    assert set(job["permissions"].values()) == {"read"}
    parses = STEPS["Parse every command that the bot prints"]["run"]
    assert parses.startswith("make commands ")
    assert "||" not in parses
    assert "commands" not in WORKFLOW["jobs"]["pull-request"]["needs"]
