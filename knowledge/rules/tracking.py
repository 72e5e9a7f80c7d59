"""Experiment trackers: W&B, MLflow, Comet, Trackio, SwanLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

SWANLAB = "plugins: [axolotl.integrations.swanlab.SwanLabPlugin]\n"
MODES = ("cloud", "local", "offline", "disabled")
TRACKERS = {
    "use_wandb": ("wandb_project", ("wandb_name", "wandb_run_id", "wandb_entity", "wandb_watch", "wandb_log_model")),
    "use_mlflow": ("mlflow_experiment_name", ("mlflow_tracking_uri", "mlflow_run_name", "hf_mlflow_log_artifacts")),
    "use_comet": ("comet_project_name", ("comet_workspace", "comet_experiment_key", "comet_experiment_config")),
    "use_trackio": ("trackio_project_name", ("trackio_run_name", "trackio_space_id")),
}
"""The switch of each tracker, the field that turns it on by itself, and fields that do nothing while it is off."""
_SWITCHES = {project: switch for switch, (project, _) in TRACKERS.items()}
_DETAILS = {name: switch for switch, (_, names) in TRACKERS.items() for name in names}


@rule(
    Severity.WARNING,
    fields=("wandb_run_id", "wandb_name"),
    needs=("wandb_run_id",),
    says="wandb_run_id sets the ID of the run",
    bad="wandb_project: mine\nwandb_run_id: first\n",
    good="wandb_project: mine\nwandb_name: first\n",
)
def wandb_id_as_name(config: Config) -> Iterator[Problem]:
    """`wandb_run_id` without `wandb_name`.

    The id also becomes the name. An id is for continuing a run: a second run with the same id continues the first.
    """
    now = config.at("check_wandb_run")
    if now("wandb_run_id") and not now("wandb_name"):
        yield problem("This id is also used as the run's name. To name the run, use `wandb_name`.", "wandb_run_id")


@rule(
    Severity.WARNING,
    fields=(*_DETAILS, *_SWITCHES, *TRACKERS),
    needs=tuple(_DETAILS),
    bad="wandb_name: first\n",
    good="wandb_project: mine\nwandb_name: first\n",
)
def tracker_off(config: Config) -> Iterator[Problem]:
    """Fields of a tracker that is off.

    A tracker is on when its project is named or its switch is true. Otherwise nothing is sent.
    """
    given: dict[str, list[str]] = {}
    for name, switch in _DETAILS.items():
        if name in config.values and config.raw(name):
            given.setdefault(switch, []).append(name)
    for switch, names in given.items():
        project = TRACKERS[switch][0]
        if not config.typed(project) and not config.typed(switch):
            yield problem(f"Nothing is tracked: add `{project}`.", *names)


@rule(
    Severity.WARNING,
    fields=(*_SWITCHES, *TRACKERS),
    needs=tuple(TRACKERS),
    bad="wandb_project: mine\nuse_wandb: false\n",
    good="use_wandb: false\n",
)
def tracker_on_again(config: Config) -> Iterator[Problem]:
    """A tracker that is switched off, with the field that switches it on.

    A project's name turns its tracker on when the trainer is built, whatever the switch says.
    """
    for project, switch in _SWITCHES.items():
        if config.written(switch) and config.typed(switch) is False and config.typed(project):
            yield problem(f"Still on, because `{project}` is set: remove that.", switch, project)


@rule(
    Severity.ERROR,
    fields=("plugins", "use_swanlab", "swanlab_project"),
    needs=("plugins",),
    says=(
        "SwanLab enabled but 'swanlab_project' is not set",
        "SwanLab enabled (use_swanlab: true) but",
        "swanlab_project cannot be an empty string",
    ),
    bad=SWANLAB,
    good=f"{SWANLAB}swanlab_project: mine\n",
)
def swanlab_project(config: Config) -> Iterator[Problem]:
    """SwanLab without a project.

    The plugin turns itself on. Name a project, or write `use_swanlab: false`.
    """
    if "SwanLabPlugin" not in config.plugins:
        return
    project = config.typed("swanlab_project")
    asked = config.raw("use_swanlab") or config.typed("use_swanlab") is True
    if (asked and not project) or (project is not None and not project.strip()):
        yield problem("Needs `swanlab_project`, or `use_swanlab: false`.", "swanlab_project", "use_swanlab", "plugins")


@rule(
    Severity.ERROR,
    fields=("swanlab_mode",),
    says="Invalid swanlab_mode",
    bad=f"{SWANLAB}swanlab_project: mine\nswanlab_mode: online\n",
    good=f"{SWANLAB}swanlab_project: mine\nswanlab_mode: offline\n",
)
def swanlab_mode(config: Config) -> Iterator[Problem]:
    """`swanlab_mode` is not one of the four.

    cloud sends to SwanLab, local and offline keep it on the machine, and disabled turns it off.
    """
    mode = config.typed("swanlab_mode")
    if "SwanLabPlugin" in config.plugins and mode is not None and mode not in MODES:
        yield problem(f"Use one of: {', '.join(MODES)}.", "swanlab_mode")


@rule(
    Severity.WARNING,
    fields=("use_swanlab", "swanlab_mode", "swanlab_api_key"),
    needs=("use_swanlab",),
    says="SwanLab cloud mode enabled but no API key found",
    bad=f"{SWANLAB}use_swanlab: true\nswanlab_project: mine\n",
    good=f"{SWANLAB}use_swanlab: true\nswanlab_project: mine\nswanlab_mode: local\n",
)
def swanlab_key(config: Config) -> Iterator[Problem]:
    """SwanLab in the cloud without a key in the config.

    The key may come from SWANLAB_API_KEY or from a login, which a config does not show. Keep it out of the config.
    """
    cloud = config.raw("swanlab_mode") == "cloud" or not config.written("swanlab_mode")
    if "SwanLabPlugin" in config.plugins and config.raw("use_swanlab") and cloud:
        if not config.raw("swanlab_api_key"):
            message = "Needs a key in the cloud: set SWANLAB_API_KEY, or `swanlab_mode: local`."
            yield problem(message, "use_swanlab", "swanlab_mode")


@rule(
    Severity.WARNING,
    fields=("use_swanlab", "swanlab_project"),
    needs=("use_swanlab",),
    bad=f"{SWANLAB}use_swanlab: false\nswanlab_project: mine\n",
    good=f"{SWANLAB}use_swanlab: false\n",
)
def swanlab_on_again(config: Config) -> Iterator[Problem]:
    """SwanLab is switched off, but has a project.

    The plugin turns itself on again wherever a project is named.
    """
    if "SwanLabPlugin" in config.plugins and config.written("use_swanlab"):
        if not config.raw("use_swanlab") and config.raw("swanlab_project"):
            yield problem("Still on, because `swanlab_project` is set: remove that.", "use_swanlab", "swanlab_project")


LOGGERS = ("use_wandb", "use_mlflow", "comet_api_key", "comet_project_name", "use_swanlab")


@rule(
    Severity.WARNING,
    fields=LOGGERS,
    needs=("plugins",),
    says=("Multiple logging tools enabled", "logging tools enabled simultaneously"),
    bad=f"{SWANLAB}use_swanlab: true\nswanlab_project: mine\nswanlab_mode: local\nuse_wandb: true\n",
    good=f"{SWANLAB}use_swanlab: true\nswanlab_project: mine\nswanlab_mode: local\n",
)
def trackers_together(config: Config) -> Iterator[Problem]:
    """SwanLab and another tracker.

    Each costs one or two percent of a step.
    """
    if "SwanLabPlugin" in config.plugins:
        on = [name for name in LOGGERS if config.raw(name)]
        if len({name.split("_")[1 if name.startswith("use_") else 0] for name in on}) > 1:
            yield problem("Several trackers run at once, and each costs 1–2% of a step.", *on)
