"""How well questions in people's own words are answered, and how fast: `make questions`.

python benchmarks/questions.py            the figures
python benchmarks/questions.py --learn    the figures of the questions that are learned from, and those they miss
python benchmarks/questions.py --fit      fits the weights of knowledge/search/levels.py anew and prints them

The sets: benchmarks/questions/learned.jsonl, which the wordings and the levels were made with, and held.jsonl, which
was written and labelled at the same time and is only measured; questions of public threads with labels, where that
reference is present; and names of fields that are misspelt by a seeded generator. A line is {"question", "targets",
"kind"}: `in` has an answer; `outside` is a question about something else, and `chat` is not one.
"""

from __future__ import annotations

import json
import random
import statistics
import string
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from knowledge.catalog import Catalog
from knowledge.search import answer, complete, levels
from knowledge.search.lookup import load_search

if TYPE_CHECKING:
    from collections.abc import Sequence

QUESTIONS = Path(__file__).parent / "questions"
PUBLIC = Path(__file__).resolve().parents[1].parent / "shared" / "questions" / "dev.jsonl"
FOLDS = 5
WRITTEN_SINCE = {
    "how much data is enough": "how-much-data",
    "is model family X supported": "model-supported",
    "low loss but garbled output": "garbled-output",
    "staircase loss at epoch boundaries": "loss-stairs",
    "keep reasoning / mix of thinking rows": "thinking-rows",
    "Augmentoolkit: set-up and quality of the generated set": "augmentoolkit",
    "cloud set-up, several nodes": "cloud-and-nodes",
    "training on CPU, Mac or AMD": "cpu-mac-amd",
    "how long will it take / is this speed normal": "how-long",
}
"""A gap that the labels name -> the entry that fills it now."""
ANSWERED_SINCE = {
    "print or save the loss of each sample": "loss-per-row",
    "do pretraining with axolotl when the input data contains images": "pretrain-images",
}
"""A question that nothing answered and that names no gap -> the entry that answers it now."""


class Case(NamedTuple):
    """A question, what answers it, and whether it was outside of what the labels' version knew."""

    question: str
    targets: frozenset[str]
    kind: str


class Result(NamedTuple):
    """What was found for a case."""

    case: Case
    first: bool
    third: bool
    measured: list[float]
    level: str


def own_cases(name: str) -> list[Case]:
    lines = map(json.loads, (QUESTIONS / f"{name}.jsonl").read_text("utf-8").splitlines())
    return [Case(each["question"], frozenset(each["targets"]), each["kind"]) for each in lines]


def public_cases() -> list[Case]:
    if not PUBLIC.is_file():
        return []
    found = []
    for each in map(json.loads, PUBLIC.read_text("utf-8").splitlines()):
        written = WRITTEN_SINCE.get(each["gap"]) or ANSWERED_SINCE.get(each["question"])
        targets = each["targets"] or ([f"faq:{written}"] if written else [])
        kind = "gap" if written and not each["in_scope"] else each["kind"]
        found.append(Case(each["question"], frozenset(targets), kind))
    return found


def measure(cases: list[Case], *, misses: bool) -> list[Result]:
    results = []
    for case in cases:
        found = load_search().find(case.question)
        ids = [f"{hit.document.kind}:{hit.document.id}" for hit in found.hits[:3]]
        third = bool(case.targets.intersection(ids))
        if misses and case.targets and not third:
            print(f"  {case.question[:90]!r}: {', '.join(ids)}")
        results.append(Result(case, bool(ids) and ids[0] in case.targets, third, found.measured, found.level))
    return results


def share(results: list[bool]) -> str:
    return f"{100 * sum(results) / len(results):5.1f} %" if results else "  -"


def report(name: str, results: list[Result], sure: list[bool] | None = None) -> None:
    sure = [each.level == "sure" for each in results] if sure is None else sure
    inside = [each for each in results if each.case.targets]
    said = [each for each, told in zip(results, sure, strict=True) if told and each.case.targets]
    print(f"{name}: {len(inside)} questions inside, {len(results) - len(inside)} outside")
    print(f"  first {share([each.first for each in inside])}   first three {share([each.third for each in inside])}")
    sure_inside, told_right = share([each in said for each in inside]), share([each.third for each in said])
    print(f"  inside, answered as sure {sure_inside}, of these right in the first three {told_right}")
    for kind in ("gap", "near-miss", "outside", "chat"):
        of = [told for each, told in zip(results, sure, strict=True) if each.case.kind == kind]
        if of:
            print(f"  {kind}: {len(of)} questions, answered as sure {share(of)}")
    outside = [told for each, told in zip(results, sure, strict=True) if not each.case.targets]
    print(f"  outside, answered as sure {share(outside)}")


def fit(rows: np.ndarray, right: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, float]:
    """A logistic regression with a little ridge, by gradient descent."""
    weights, bias = np.zeros(rows.shape[1]), 0.0
    for _ in range(6000):
        error = weight * (1 / (1 + np.exp(-(rows @ weights + bias))) - right)
        weights -= 0.5 * (rows.T @ error / weight.sum() + 0.002 * weights)
        bias -= 0.5 * error.sum() / weight.sum()
    return weights, bias


def matrix(results: list[Result]) -> tuple[list[Result], np.ndarray, np.ndarray, np.ndarray]:
    """The results that the regression decides: features, whether each is right, and a weight that evens both out."""
    used = [each for each in results if each.measured]
    right = np.array([float(each.third) for each in used])
    weight = np.where(right > 0, 1.0, right.sum() / max(len(right) - right.sum(), 1) / 2)
    return used, np.array([each.measured for each in used]), right, weight


def crossed(results: list[Result], more: Sequence[Result] = ()) -> list[bool]:
    """Whether each result is sure under weights that were fitted without it; `more` is in every training part."""
    order = list(range(len(results)))
    random.Random(5).shuffle(order)  # noqa: S311 - the same parts every time
    sure = [each.level == "sure" for each in results]
    for fold in range(FOLDS):
        held = set(order[fold::FOLDS])
        _, rows, right, weight = matrix([*(each for at, each in enumerate(results) if at not in held), *more])
        weights, bias = fit(rows, right, weight)
        for at in held:
            if results[at].measured:
                chance = 1 / (1 + np.exp(-(np.array(results[at].measured) @ weights + bias)))
                sure[at] = bool(chance >= levels.SURE)
    return sure


def misspelt(name: str, chance: random.Random) -> list[str]:
    def edited(text: str) -> str:
        at, letter = chance.randrange(len(text)), chance.choice(string.ascii_lowercase)
        swapped = text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :] if at else text
        return chance.choice(
            (text[:at] + letter + text[at:], text[:at] + text[at + 1 :], text[:at] + letter + text[at + 1 :], swapped)
        )

    words = name.split("_")
    dropped = (
        ["_".join(words[:at] + words[at + 1 :]) for at in [chance.randrange(len(words))]] if len(words) > 2 else []
    )
    cut = name[: max(4, round(len(name) * 0.6))]
    return [edited(name), edited(edited(name)), cut, *dropped]


def names(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same misspellings every time
    hits, times = [], []
    for path in Catalog.load().fields:
        if "." not in path and len(path) > 4:
            for written in misspelt(path, chance):
                start = time.perf_counter()
                found = [choice.value for choice in complete(written, 3)]
                times.append((time.perf_counter() - start) * 1000)
                hits.append(path in found)
    turned = []
    for path in Catalog.load().fields:
        words = path.split("_")
        if "." not in path and len(words) > 1:
            written = " ".join(chance.sample(words, len(words)) if len(words) == 2 else chance.sample(words[:3], 3))
            turned.append(path in [choice.value for choice in complete(written, 3)])
    print(f"words of a name in any order: {share(turned)} of {len(turned)} among the first three")
    print(f"misspelt names of fields (seed {seed}): {share(hits)} of {len(hits)} among the first three")
    times.sort()
    print(
        f"  autocomplete: {times[len(times) // 2]:.1f} ms at the median, {times[int(len(times) * 0.99)]:.1f} ms at p99"
    )


def cost(cases: list[Case]) -> None:
    load_search.cache_clear()
    from knowledge.search.index import load_index

    load_index.cache_clear()
    start = time.perf_counter()
    load_search()
    print(f"index: loaded in {(time.perf_counter() - start) * 1000:.0f} ms")
    load_search.cache_clear()
    load_index.cache_clear()
    tracemalloc.start()
    load_search().find("warm")
    print(f"  {tracemalloc.get_traced_memory()[0] / 2**20:.0f} MiB of memory")
    tracemalloc.stop()
    times = []
    for case in cases:
        answer(case.question)
        start = time.perf_counter()
        answer(case.question)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    print(
        f"  a question: {statistics.median(times):.1f} ms at the median, {times[int(len(times) * 0.99)]:.1f} ms at p99"
    )


def main(options: list[str]) -> int:
    telling = "--learn" in options
    learned = measure(own_cases("learned"), misses=telling)
    public = measure(public_cases(), misses=telling)
    both = [*learned, *public]
    if "--fit" in options:
        _, rows, right, weight = matrix(both)
        weights, bias = fit(rows, right, weight)
        print("WEIGHTS =", tuple(round(float(each), 3) for each in weights))
        print("BIAS =", round(bias, 3))
        return 0
    report("learned from", learned)
    if public:
        report("questions of public threads, learned from", public)
    else:
        print("questions of public threads: the reference is not present")
    report(f"all of these, levels cross-validated in {FOLDS} parts", both, crossed(both))
    if telling:
        return 0
    report("held back", measure(own_cases("held"), misses=False))
    names(1)
    cost(own_cases("learned"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
