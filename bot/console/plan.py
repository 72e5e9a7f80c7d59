"""`helpbot plan`: what the run of a config will really do."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.console._arguments import UnusableFileError, positive, rows_of_file, text_of
from bot.console._gpu import count_of, gpu_arguments, gpu_json, gpu_lines, pace_from
from knowledge.check import check
from knowledge.config import read
from knowledge.memory import change_line, fitting_card, memory_of, smaller_cards
from knowledge.plan import make_plan, remember_plan, storage_in_gigabytes, with_curve
from knowledge.plan.words import ENOUGH, gigabytes, more_steps, summary_of
from knowledge.run_data import DataSize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.check import Report
    from knowledge.config import Config
    from knowledge.finding import Finding
    from knowledge.memory import MemoryEstimate
    from knowledge.plan import Length, TrainingPlan

SUMMARY = "Batch, steps, saves, disk, and memory of the run that a config describes."
_CURVE_LINES = 20
_NO_CARD = "  I know of no change that makes it fit a card of {:g} GB."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("config", metavar="CONFIG", help="the config, or - for standard input")
    gpu_arguments(parser)
    parser.add_argument("--lengths", type=Path, help="JSON list of the tokens in each row; objects for preference data")
    parser.add_argument("--rows", type=positive, help="how many rows the whole dataset has")
    parser.add_argument("--dataset", type=Path, help="its rows, or some of them; their tokens are estimated")
    parser.add_argument("--mean-tokens", type=_above_zero, help="mean tokens per row, with --rows")
    parser.add_argument("--card", type=_above_zero, metavar="GB", help="what to change to fit a card with this memory")
    parser.add_argument("--curve", action="store_true", help="the learning rate after every step")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Make the plan and print it; 2 where a file cannot be used."""
    if options.mean_tokens and (options.rows is None or options.dataset):
        print("helpbot: --mean-tokens needs --rows.", file=sys.stderr)
        return 2
    if options.lengths and (options.rows is not None or options.dataset):
        print("helpbot: --lengths already describes the rows, so leave out --rows and --dataset.", file=sys.stderr)
        return 2
    try:
        gpus, text = count_of(options), text_of(options.config)
        lengths = _lengths(options.lengths) if options.lengths else None
        size = DataSize(lengths, options.rows, options.mean_tokens)
        report = check(text, gpus=gpus, dataset=rows_of_file(options.dataset), size=size)
        if options.dataset and not _has_rows(report):
            raise UnusableFileError(
                f"{options.dataset} has no rows that this config can read; `helpbot check --dataset` says why."
            )
        config = read(text, gpus)
        plan = report.plan or make_plan(config)
        if options.curve:
            plan = with_curve(config, plan)
        remember_plan(config, plan)
        pace = pace_from(options, config)
    except UnusableFileError as reason:
        print(f"helpbot: {reason}", file=sys.stderr)
        return 2
    if options.format == "json":
        found = json_of(options.config, config, plan, report.findings) | gpu_json(options, config, pace)
        print(json.dumps(found, ensure_ascii=False, separators=(",", ":")))
    else:
        _write(options.config, config, plan, report.findings, card=options.card, gpu=gpu_lines(options, config, pace))
    return 0


def _has_rows(report: Report) -> bool:
    """Whether the config, or the block that is proposed for it, reads rows of the dataset."""
    by_block = report.plan is not None and report.plan.with_block
    return by_block or (report.dataset is not None and bool(report.dataset.lengths))


def json_of(file: str, config: Config, plan: TrainingPlan, findings: Sequence[Finding]) -> dict[str, Any]:
    """The plan as scripts read it: its numbers, memory, and what a check finds with the same data."""
    from knowledge.json_values import to_plain

    memory = memory_of(config)
    return {
        "file": file,
        "axolotl": config.types.axolotl,
        **to_plain(plan),
        **(storage_in_gigabytes(plan.storage) if plan.storage is not None else {}),
        "memory": None if memory is None else to_plain(memory),
        "findings": [to_plain(finding, exclude={"source", "row", "rows"}) for finding in findings],
    }


# -- reading -------------------------------------------------------------------------------------------------------


def _above_zero(word: str) -> float:
    number = float(word)
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError("a number above 0")
    return number


def _lengths(path: Path) -> list[Length]:
    """The lengths in a JSON file: numbers, or objects of numbers.

    Raises:
        UnusableFileError: it cannot be read, or holds something else.
    """
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise UnusableFileError(f"cannot read {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise UnusableFileError(f"{path} is not JSON: {error}.") from error
    if not isinstance(found, list) or not all(_is_length(item) for item in found):
        raise UnusableFileError(
            f"{path} is not a list of token counts. Write [120, 340, ...], or for preference data "
            '[{"prompt": 12, "chosen": 80, "rejected": 75}, ...].'
        )
    return found


def _is_length(item: Any) -> bool:
    if isinstance(item, dict):
        return all(isinstance(key, str) and _is_count(value) for key, value in item.items())
    return _is_count(item)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


# -- writing -------------------------------------------------------------------------------------------------------


def _write(
    file: str,
    config: Config,
    plan: TrainingPlan,
    findings: Sequence[Finding],
    *,
    card: float | None,
    gpu: Sequence[str],
) -> None:
    print(
        f"{file}: the run of this config on {plan.gpus:,} GPU{'s' * (plan.gpus != 1)}, Axolotl {config.types.axolotl}\n"
    )
    for finding in findings:
        line = f"line {finding.line}: " if finding.line else ""
        print(f"  {finding.severity.heading}: {line}{finding.message} [{finding.rule}]")
    if findings:
        print()
    for name, value in rows_of(plan):
        print(f"  {name:<30} {value}")
    _write_memory(memory_of(config))
    print()
    for line in gpu:
        print(f"  {line}")
    for line in summary_of(plan):
        print(f"  {line}")
    _write_changes(plan, limited=bool(config.get("max_steps")))
    _write_cards(config, card)
    if plan.curve is not None:
        _write_curve(plan.curve)
    if plan.assumptions:
        print(f"\n  Not known: {' '.join(plan.assumptions)}")


def rows_of(plan: TrainingPlan) -> list[tuple[str, str]]:
    """The plan's numbers with their names, those that are known."""
    named: list[tuple[str, Any]] = [
        ("rows after the length rule", plan.rows_after_length_filter),
        ("rows with a trained token", plan.rows_after_zero_label_filter),
        ("rows to train on", plan.train_rows),
        ("rows held out", plan.eval_rows),
        ("tokens in the kept rows", plan.tokens_in_kept_rows),
        ("micro_batch_size", plan.micro_batch_size),
        ("gradient_accumulation_steps", plan.gradient_accumulation_steps),
        ("effective batch", plan.real_global_batch),
        ("packing efficiency", plan.sample_packing_eff_est),
        ("tokens per step", plan.tokens_per_step),
        (
            "optimizer steps",
            plan.optimizer_steps_done if plan.optimizer_steps_done is not None else plan.trainer_max_steps,
        ),
        ("micro batches per epoch", plan.batches_per_epoch),
        ("steps per epoch", plan.trainer_steps_per_epoch),
        ("epochs requested", plan.num_epochs),
        ("epochs completed", plan.epochs_seen),
        ("warm-up", plan.warmup_steps),
        ("steps between log lines", plan.logging_steps),
        ("save strategy", plan.save_strategy),
        ("steps between saves", plan.save_every_steps),
        ("checkpoints kept", plan.save_total_limit),
        ("checkpoints left after steps", plan.checkpoints_left),
        ("evaluation strategy", plan.eval_strategy),
        ("steps between evaluations", plan.eval_every_steps),
        ("disk to prepare the dataset", _prepared(plan)),
        ("best model loaded at the end", plan.load_best_model_at_end or None),
    ]
    return [(name, _value(value)) for name, value in named if value is not None]


def _prepared(plan: TrainingPlan) -> str | None:
    made = plan.preparation
    if made is None:
        return None
    text = f"{gigabytes(made.disk_low_bytes)} to {gigabytes(made.disk_high_bytes)}"
    if made.memory_low_bytes is None or made.memory_high_bytes is None:
        return text
    return f"{text}; memory {gigabytes(made.memory_low_bytes)} to {gigabytes(made.memory_high_bytes)}"


def _value(value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, tuple):
        shown = [f"{point:,}" for point in value]
        return ", ".join(shown) if shown else "none"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _write_memory(memory: MemoryEstimate | None) -> None:
    if memory is None:
        return
    name, low, high = "memory per GPU", memory.low_gib, memory.high_gib
    print(f"  {name:<30} about {memory.estimate_gib:.1f} GiB ({low:.1f} to {high:.1f}), peak: {memory.peak_phase}")
    for sentence in memory.assumptions:
        if sentence.startswith("With the rows") or "is a guess" in sentence or "rough estimate" in sentence:
            print(f"  {'':<30} {sentence}")
    cards = ", ".join(str(card) for card in memory.fits) or "none of the common cards"
    print(f"  {'fits cards of (GB)':<30} {cards}")


def _write_changes(plan: TrainingPlan, *, limited: bool) -> None:
    """What to change: more steps where there are too few, unless they are limited; else the guide's batch."""
    print("\n  What to change")
    steps = plan.optimizer_steps_done
    if steps and steps < ENOUGH and not limited:
        print(f"  For more steps: {more_steps(plan) or 'more rows, because these make too few'}.")
    elif plan.batch is not None:
        on = ", ".join(
            f"{choice.gpus} GPU{'s' * (choice.gpus != 1)}: {choice.gradient_accumulation_steps} "
            f"({choice.effective_batch_size:,})"
            for choice in plan.batch.by_gpus
        )
        print(f"  For about {plan.batch.target} per step, `gradient_accumulation_steps` on {on}.")


def _write_cards(config: Config, card: float | None) -> None:
    """What makes the run fit a card, or the next smaller ones."""
    asked = None if card is None else fitting_card(config, card)
    for way in smaller_cards(config) if card is None else [asked] if asked else []:
        if not way.changes:
            print(f"  The run fits a {way.card_gb:g} GB card as it is." if way.fits else _NO_CARD.format(way.card_gb))
            continue
        print(
            f"  To fit a card of {way.card_gb:g} GB:" if way.fits else f"{_NO_CARD.format(way.card_gb)} The closest is:"
        )
        for place, change in enumerate(way.changes, 1):
            print(f"    {place}. {change_line(change)}")


def _write_curve(rates: Sequence[float]) -> None:
    """The learning rate after n scheduler steps, at most some twenty of them."""
    print("\n  Learning rate after n steps")
    stride = max(1, (len(rates) - 1) // _CURVE_LINES)
    for step in sorted({*range(0, len(rates), stride), len(rates) - 1}):
        print(f"  {step:>10,}  {rates[step]:.6g}")
