"""The hook for repositories of configs, and the action: run as their users run them, on a repository of git."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.places import ROOT

BINARIES = Path(sys.executable).parent
HELPBOT = BINARIES / "helpbot"
FITS = """\
base_model: Qwen/Qwen3-0.6B
datasets:
  - path: notes.jsonl
    type: completion
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_linear: true
sequence_len: 2048
micro_batch_size: 2
gradient_accumulation_steps: 8
num_epochs: 1
optimizer: adamw_torch
learning_rate: 2e-4
output_dir: ./out
"""
TYPO = FITS.replace("sequence_len:", "sequence_length:")
REFUSED = FITS.replace("learning_rate: 2e-4\n", "")
OTHER = "services:\n  web:\n    image: nginx\n"


class Repository:
    """A repository of git with the hook of this checkout, which the installed command runs: nothing is fetched."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        hook = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))[0]
        hook |= {"language": "system", "entry": f"{BINARIES}/{hook['entry']}", "args": list(arguments)}
        del hook["language_version"]
        config = {"repos": [{"repo": "local", "hooks": [hook]}]}
        (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
        self.git("init", "--quiet")

    def git(self, *words: str) -> subprocess.CompletedProcess[str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment = known | {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.org",
            "PRE_COMMIT_HOME": str(self.folder / ".git" / "pre-commit"),
            "PATH": f"{BINARIES}{os.pathsep}{os.environ['PATH']}",
        }
        return subprocess.run(
            words if words[0] == "pre-commit" else ["git", *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def commit(self, **files: str) -> subprocess.CompletedProcess[str]:
        """Commits configs with the hook installed."""
        for name, text in files.items():
            (self.folder / f"{name}.yaml").write_text(text)
        self.git("add", ".")
        installed = self.git("pre-commit", "install")
        assert installed.returncode == 0, installed.stdout + installed.stderr
        return self.git("commit", "--message", "configs")


@pytest.fixture
def repository(tmp_path):
    if not (BINARIES / "pre-commit").is_file() or not HELPBOT.is_file() or not shutil.which("git"):
        pytest.skip("needs git, pre-commit and helpbot with this Python: make install")
    return lambda *arguments: Repository(tmp_path, *arguments)


def test_a_config_that_fits_is_committed(repository):
    done = repository().commit(config=FITS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_config_that_axolotl_refuses_is_not_committed_and_the_reason_is_shown(repository):
    done = repository().commit(fits=FITS, refused=REFUSED)
    assert done.returncode != 0
    shown = done.stdout + done.stderr
    assert "refused.yaml: Axolotl 0.21.0 refuses this" in shown
    assert "learning_rate" in shown


def test_a_typo_passes_by_itself_and_fails_where_the_user_asked_for_it(repository):
    assert repository().commit(config=TYPO).returncode == 0
    strict = repository("--fail-on", "ignored")
    done = strict.commit(config=TYPO + "# changed\n")
    assert done.returncode != 0
    shown = done.stdout + done.stderr
    assert "sequence_length" in shown
    assert "sequence_len`" in shown


def test_yaml_that_is_no_axolotl_config_is_left_out_with_a_word(repository):
    place = repository("--fail-on", "ignored")
    assert place.commit(compose=OTHER).returncode == 0
    shown = place.git("pre-commit", "run", "--all-files", "--verbose").stdout
    assert "compose.yaml is not an Axolotl config, so it was skipped." in shown


def test_arguments_of_the_user_reach_the_check(repository):
    place = repository("--gpus", "4")
    place.commit(config=FITS)
    shown = place.git("pre-commit", "run", "--all-files", "--verbose").stdout
    assert "4 GPUs" in shown


@pytest.mark.parametrize(
    ("command", "file"),
    [("validate-manifest", ".pre-commit-hooks.yaml"), ("validate-config", ".pre-commit-config.yaml")],
)
def test_the_files_are_what_pre_commit_reads(command, file):
    done = subprocess.run([BINARIES / "pre-commit", command, ROOT / file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# -- the action ----------------------------------------------------------------------------------------------------


def run_action(tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Runs the step of the action that checks, with the installed command where its first step would put it."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    step = next(step for step in action["runs"]["steps"] if step.get("name") == "Check")
    given = {name: inputs.get(name, each["default"]) for name, each in action["inputs"].items()}
    environment = {}
    for name, value in step["env"].items():
        environment[name] = given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
    binaries = tmp_path / "runner" / "helpbot" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "helpbot").symlink_to(HELPBOT)
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env={**os.environ, **environment, "RUNNER_TEMP": str(tmp_path / "runner")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_notes_a_typo_at_its_line(tmp_path):
    (tmp_path / "my configs").mkdir()
    (tmp_path / "my configs" / "a.yaml").write_text(TYPO)
    (tmp_path / "my configs" / "b.yaml").write_text(OTHER)
    done = run_action(tmp_path, paths="my configs\n", **{"fail-on": "ignored"})
    assert done.returncode == 1, done.stderr
    assert "::warning file=my configs/a.yaml,line=9," in done.stdout
    assert "b.yaml" not in done.stdout


def test_the_action_passes_where_the_config_fits(tmp_path):
    (tmp_path / "a.yaml").write_text(FITS)
    assert run_action(tmp_path, gpus="2").returncode == 0


def test_nothing_in_the_inputs_is_run(tmp_path):
    done = run_action(tmp_path, paths="$(touch ran)\n`touch ran`\n; touch ran")
    assert not (tmp_path / "ran").exists()
    assert done.returncode == 2
