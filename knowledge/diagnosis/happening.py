"""What happened, in a sentence, before why: nothing failed, or what the run was doing when it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.phase import FIRST, TRAINING
from knowledge.diagnosis.unknown import OLDER

if TYPE_CHECKING:
    from knowledge.diagnosis.model import Diagnosis, Raised
    from knowledge.diagnosis.progress import Progress


def headline(found: Diagnosis) -> str:
    """What a diagnosis comes to, in one sentence for somebody who reads nothing else."""
    telling = [match for match in found.matches if not match.harmless]
    if telling and found.unknown is None:
        return telling[0].meaning
    if telling and telling[0].id == OLDER:
        return f"I do not know this error. {telling[0].meaning}"
    if telling:
        return f"The text does not settle the cause. Closest: {telling[0].meaning}"
    if found.unknown is not None:
        return "I do not know this error."
    if found.happened:
        return found.happened
    if found.matches:
        return "It contains only harmless notices."
    return f"Nothing in it points to a failure (for Axolotl {found.axolotl})."


def happened(
    progress: Progress, phase: str | None, error: Raised | None, *, failed: bool, warnings: int, lost: bool = False
) -> str:
    """What happened, as the log shows it.

    Args:
        progress: How far the run came.
        phase: What it was doing.
        error: The exception that counts.
        failed: Whether anything failed.
        warnings: How many warnings are explained.
        lost: Whether nothing failed but the numbers: the last loss is nan, or 0 without a gradient.

    Returns:
        A sentence or two; empty where the text shows nothing of a run.
    """
    if failed and lost and not progress.finished:
        of = f" of {progress.total_steps:,}" if progress.total_steps else ""
        at = "it is training" if progress.step is None else f"it is at step {progress.step:,}{of}"
        return f"Nothing stopped it: {at}, but its numbers are lost."
    if failed:
        return _failure(progress, phase, error)
    said: list[str] = []
    if progress.finished or progress.saved_to:
        where = f", and the model was saved to {_code(progress.saved_to)}" if progress.saved_to else ""
        said.append(f"Nothing failed: training finished{where}.")
    elif progress.made:
        were = "were" if progress.made.endswith("s") else "was"
        said.append(f"Nothing failed: the {progress.made} {were} saved to {_code(progress.made_in)}.")
    elif progress.step is not None and progress.total_steps:
        said.append(f"Nothing failed: it is at step {progress.step:,} of {progress.total_steps:,}.")
    elif progress.last_loss is not None:
        said.append("Nothing failed: it is training.")
    elif phase and progress.known:
        said.append(f"Nothing failed: the log ends while the run is {phase}.")
    if (progress.first_loss is not None and progress.last_loss is not None) and said:
        said.append(_losses(progress.first_loss, progress.last_loss))
    if warnings:
        said.append(
            "There are warnings, which are explained below." if said else "Nothing failed; there are only warnings."
        )
    return " ".join(said)


def _failure(progress: Progress, phase: str | None, error: Raised | None) -> str:
    if error is None and progress.finished:
        return "Training finished, but its numbers are lost."
    rank = f" on rank {error.rank}" if error is not None and error.rank is not None else ""
    if phase in (TRAINING, FIRST) and progress.step:
        of = f" of {progress.total_steps:,}" if progress.total_steps else ""
        return f"It failed{rank} at step {progress.step:,}{of}."
    if not phase:
        return f"It failed{rank}." if rank else ""
    bar = f", at {_code(progress.bar)}" if progress.bar and not progress.bar_full else ""
    return f"It failed{rank} while {phase}{bar}."


def _losses(first: float, last: float) -> str:
    if last == first:
        return f"The loss is {_figure(last)}."
    went = "fell" if last < first else "went"
    return f"The loss {went} from {_figure(first)} to {_figure(last)}."


def _figure(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _code(text: str) -> str:
    return f"`{shown(text, 80).replace('`', '')}`"
