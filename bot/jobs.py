"""What runs away from the event loop, in the processes of `bot.workers`: text and numbers in, frozen values out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from bot import reading, recognition, request
from bot.writing import model_of, new, new_targets
from knowledge import Report, own_numbers
from knowledge import check as check_config
from knowledge.check import checked, on_cards
from knowledge.compare import Comparison
from knowledge.compare import compare as compare_configs
from knowledge.config import read
from knowledge.diagnosis import Diagnosis
from knowledge.diagnosis import diagnose as diagnose_log
from knowledge.finding import Finding
from knowledge.fixes import corrected, diff
from knowledge.gpus import gpu_named
from knowledge.health import Health, judge, read_run
from knowledge.hub import HubFacts, Targets, remember_facts, targets_of
from knowledge.json_values import from_plain
from knowledge.memory import FitTable, fit_table
from knowledge.model_support import ModelSupport, model_support
from knowledge.next_steps import NextSteps, next_steps
from knowledge.plan import TrainingPlan, remember_plan
from knowledge.run_data import DataSize
from knowledge.value import value
from knowledge.versions import Versions, compare_versions, lists_packages

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.samples import Sample, SampleReport

_log = logging.getLogger(__name__)
_BYTES = {"extra": "forbid", "ser_json_bytes": "base64", "val_json_bytes": "base64"}
_MASK = 1500
"""Characters of the rows that are shown."""
_LESS = 800
"""The same where a converted row is shown with them."""


@value
class Correction:
    """A config with its mechanical faults fixed.

    Attributes:
        text: The whole text, every other byte kept.
        diff: What changed.
        fixed: How many findings were fixed.
        left: Fields about which a check of the corrected text still finds something.
    """

    text: str
    diff: str
    mended: int
    left: tuple[str, ...]


@value
class Picture:
    """A picture.

    Attributes:
        png: The picture.
        alt: What it shows, in words.
    """

    __pydantic_config__ = _BYTES

    png: bytes
    alt: str


@value
class Rows:
    """What the rows of a dataset become.

    Attributes:
        block: The `datasets:` block that fits them, where no config was given; None where nothing fits.
        words: What the block does not read, or why there is none.
        conversion: A row as it is and as a type reads it, where that keeps text which the block does not read.
        lines: Rows, trained tokens, and what was assumed.
        mask: The first rows, trained text and context apart, as a code block.
        picture: The lengths of the rows.
        findings: What is wrong with the rows.
    """

    __pydantic_config__ = _BYTES

    block: str | None
    words: str = ""
    conversion: str = ""
    lines: tuple[str, ...] = ()
    mask: str = ""
    picture: Picture | None = None
    findings: tuple[Finding, ...] = ()


def ready() -> bool:
    """Answers as soon as the process can work, with what a check needs loaded."""
    check_config("base_model: x\n")
    return True


def look(name: str, text: str) -> request.Submission:
    """Masks a text and tells what it is."""
    return reading.read(name, text)


def recognize(text: str) -> recognition.Recognized:
    """Says what a text is for sure."""
    return recognition.recognize(text)


def check(  # noqa: PLR0913 - everything that may be known besides the text
    text: str,
    *,
    gpus: int = 1,
    axolotl: str | None = None,
    dataset: tuple[str, bytes] | None = None,
    hub: dict[str, Any] | None = None,
    gpu: str | None = None,
    rows: int | None = None,
) -> Report:
    """Checks a config; with a card also whether it fits, and how long it takes there.

    `dataset` is the name and the content of a file of rows, `rows` how many the whole dataset has, `hub` what the Hub
    said, as JSON.
    """
    sample = _sample(dataset)
    facts = None if hub is None else from_plain(HubFacts, hub)
    size = DataSize(rows=rows)
    report, config = checked(text, gpus=gpus, axolotl=axolotl, dataset=sample, hub=facts, size=size)
    for failure in report.failures:
        _log.warning("%s not computed: %s", failure.what, failure.error)
    return on_cards(report, config, None if gpu is None else gpu_named(gpu))


def targets(text: str) -> Targets:
    """What a config names on the Hub."""
    return targets_of(read(text))


def correct(text: str, findings: list[dict[str, Any]], name: str, *, gpus: int = 1) -> Correction:
    """Mends what the findings say is mechanical."""
    found = [finding for each in findings if (finding := from_plain(Finding, each)).edit]
    after = corrected(text, found)
    still = check_config(after, gpus=gpus).findings
    left = tuple(dict.fromkeys(finding.fields[0] for finding in still if finding.fields))
    return Correction(text=after, diff=diff(text, after, name), mended=len(found), left=left)


def diagnose(text: str, *, gpus: int = 1, config: str | None = None) -> Diagnosis:
    """Leads a pasted log to its cause, which the config of the run decides where it is at hand."""
    return diagnose_log(text, config=config, gpus=gpus)


def compare(  # noqa: PLR0913 - two configs, two counts of GPUs, the card and the rows
    before: str,
    after: str,
    *,
    gpus: int = 1,
    gpus_after: int | None = None,
    gpu: str | None = None,
    dataset: tuple[str, bytes] | None = None,
    rows: int | None = None,
    hub: list[dict[str, Any] | None] | None = None,
) -> Comparison:
    """Compares two configs, with rows where there are some; `hub` is what the Hub said of either, as JSON."""
    first, second = (None if each is None else from_plain(HubFacts, each) for each in hub or (None, None))
    return compare_configs(
        before,
        after,
        gpus=gpus,
        gpus_after=gpus_after,
        gpu=None if gpu is None else gpu_named(gpu),
        dataset=_sample(dataset),
        size=DataSize(rows=rows),
        hub=(first, second),
    )


def _sample(dataset: tuple[str, bytes] | None) -> Sample | None:
    from knowledge.samples import Sample

    return None if dataset is None else Sample(dataset[1], dataset[0])


def curve(text: str, *, gpus: int = 1, plan: dict[str, Any] | None = None) -> Picture | None:
    """Draws the learning rate over the run of a plan, as JSON; None where the config has no curve."""
    from bot.views.check.curve import curve_picture  # draws, so it comes with a large library

    given = None if plan is None else from_plain(TrainingPlan, plan)
    picture = curve_picture(text, gpus=gpus, plan=given)
    return None if picture is None else Picture(png=picture.png, alt=picture.alt)


def own_words(name: str, text: str, *, gpus: int, plan: dict[str, Any]) -> str:
    """What a field comes to in the run of a config, with the plan of its check as JSON; "" where it is not decided."""
    config = read(text, gpus)
    made = from_plain(TrainingPlan, plan)
    remember_plan(config, made)
    return own_numbers.own_words(name, config, made)


def hub_rows(text: str, hub: dict[str, Any]) -> Rows:
    """Shows what the rows become that the Hub has shown, those of the first dataset."""
    from knowledge.samples import check_hub_rows

    config, facts = read(text), from_plain(HubFacts, hub)
    remember_facts(config, facts)
    shown = check_hub_rows(config, facts)
    return _rows_of(shown[0].report, None) if shown else Rows(block=None)


def propose(dataset: bytes, dataset_name: str) -> Rows:
    """Finds the block that fits rows, without the picture of them."""
    from knowledge.samples import propose_block

    proposal = propose_block(dataset, name=dataset_name)
    return Rows(block=proposal.block, words=proposal.words)


def rows(dataset: bytes, dataset_name: str, *, text: str | None = None, hub: dict[str, Any] | None = None) -> Rows:
    """Shows what rows become under a config and what the Hub said of it; without one, under the block that fits."""
    from knowledge.samples import check_rows, propose_block

    if text is not None:
        config = read(text)
        remember_facts(config, None if hub is None else from_plain(HubFacts, hub))
        return _rows_of(check_rows(config, dataset, name=dataset_name), None)
    proposal = propose_block(dataset, name=dataset_name)
    conversion = f"{proposal.before}\n\n{proposal.after}" if proposal.after else ""
    if proposal.block is None:
        return Rows(block=None, words=proposal.words, conversion=conversion)
    sample = check_rows(read(proposal.block), dataset, name=dataset_name)
    return _rows_of(sample, proposal.block, proposal.words, conversion)


def _rows_of(sample: SampleReport, block: str | None, words: str = "", conversion: str = "") -> Rows:
    from bot.views.check.rows import mask_text, rows_lines, rows_picture  # draws, so it comes with a large library

    picture = rows_picture(sample)
    return Rows(
        block=block,
        words=words,
        conversion=conversion,
        lines=rows_lines(sample),
        mask=mask_text(sample, _LESS if conversion else _MASK),
        picture=None if picture is None else Picture(png=picture.png, alt=picture.alt),
        findings=sample.findings,
    )


@value
class Fit:
    """Which cards hold a model, and the picture of it."""

    __pydantic_config__ = _BYTES

    table: FitTable
    png: bytes


def fit(model: str, *, method: str, gpus: int = 1) -> Fit | None:
    """Finds the cards that hold a model; None where nothing is known of it."""
    from bot.views.fit import draw_fit  # draws, so it comes with a large library

    table = fit_table(model, method, gpus)
    return None if table is None else Fit(table=table, png=draw_fit(table))


def help_weeks(labels: list[str], *, seen: list[int], answered: list[int], solved: list[int]) -> Picture:
    """Draws what became of the posts in help channels, by week."""
    from bot.views.help_channels.moderating import draw  # draws, so it comes with a large library

    return Picture(png=draw(labels, seen, answered, solved), alt="")


@value
class RunHealth:
    """The health of a run, and its picture, empty where none was asked for."""

    __pydantic_config__ = _BYTES

    health: Health
    png: bytes


def health(text: str, *, gpus: int = 1, config: str | None = None, draw: bool = True) -> RunHealth | None:
    """Judges the numbers of a run; None where the text holds none."""
    record = read_run(text, config)
    if record is None:
        return None
    found = judge(record, text, config, gpus=gpus)
    if not draw:
        return RunHealth(health=found, png=b"")
    from bot.views.health import draw_health  # draws, so it comes with a large library

    return RunHealth(health=found, png=draw_health(record, found))


def support(name: str, *, config: dict[str, Any] | None = None) -> ModelSupport:
    """Finds what Axolotl knows of a model, with its config.json where that is known."""
    return model_support(name, config)


def steps(text: str, *, name: str, gpus: int = 1) -> NextSteps | None:
    """Finds the commands that come next for a config; None for what is not a training config."""
    return next_steps(read(text, gpus), name)


def versions(text: str) -> Versions | None:
    """Compares a list of packages with what Axolotl asks for; None for any other text."""
    return compare_versions(text) if lists_packages(text) else None


JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job
    for job in (
        ready,
        look,
        recognize,
        propose,
        targets,
        check,
        correct,
        curve,
        rows,
        own_words,
        hub_rows,
        fit,
        new,
        new_targets,
        model_of,
        support,
        steps,
        versions,
        diagnose,
        health,
        compare,
        help_weeks,
    )
}
"""By the name under which a worker is asked for them."""
