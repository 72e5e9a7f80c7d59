"""`helpbot new`: a config for a model, rows and cards, proven before it is shown."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.console._arguments import UnusableFileError, positive
from bot.console._gpu import count_of, gpu_argument
from bot.console._hub import opened
from bot.views.check.cost import duration_lines
from knowledge.plan.words import summary_of
from knowledge.writing import (
    LOSSES,
    METHODS,
    TRACKERS,
    Unusable,
    Unwritable,
    Wishes,
    Written,
    aims,
    seen_on_hub,
    write_config,
)

if TYPE_CHECKING:
    from knowledge.hub import HubFacts

SUMMARY = "Write a config for a model, your rows, and your GPUs, with the reason for every line."
_HUB = "hub:"
_NEAR = 60


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--model", required=True, metavar="M", help="the base model: a Hub name")
    parser.add_argument("--dataset", metavar="FILE|hub:NAME", help="rows of the dataset, or its name on the Hub")
    parser.add_argument("--rows", type=positive, metavar="N", help="rows in the whole dataset, if FILE has only some")
    parser.add_argument("--type", metavar="T", help="dataset type, if you do not have the rows here")
    gpu_argument(parser)
    parser.add_argument(
        "--aim", type=_aim, metavar="|".join(aims()), help="what the run is for; chosen from the rows if left out"
    )
    parser.add_argument("--method", type=_method, metavar="|".join(METHODS), help="the best that fits if left out")
    parser.add_argument("--rl", choices=LOSSES, help="the loss of a preference run; chosen from the rows if left out")
    parser.add_argument("--sequence-len", type=positive, metavar="N", help="the longest row that fits if left out")
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument("--epochs", type=_above_zero, metavar="E")
    limit.add_argument("--steps", type=positive, metavar="S")
    limit.add_argument(
        "--hours", type=_above_zero, metavar="H", help="at most this many; fewer if the epochs end first"
    )
    parser.add_argument("--hub-repository", metavar="R", help="where to upload the result")
    parser.add_argument("--track", choices=TRACKERS, help="where to track the run")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Write it: 0 with a proven config, 1 where a wish is not met, 2 for what cannot be used."""
    try:
        written = write_config(_wishes(options))
    except (Unusable, UnusableFileError) as reason:
        print(f"helpbot: {reason}", file=sys.stderr)
        return 2
    except Unwritable as reason:
        if options.format == "json":
            print(json.dumps(_empty(str(reason)), ensure_ascii=False, separators=(",", ":")))
        print(f"helpbot: {reason}", file=sys.stderr)
        return 1
    if options.format == "json":
        print(json.dumps(json_of(written), ensure_ascii=False, separators=(",", ":")))
    else:
        _write(written)
    return int(bool(written.unmet))


def json_of(written: Written) -> dict[str, Any]:
    """The config as scripts read it."""
    from knowledge.json_values import to_plain

    return to_plain(written)


def _empty(reason: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"config": None, "files": {}, "reasons": [], "open": [], "unmet": [reason]}
    return nothing | {"plan": None, "memory": None, "duration": None}


def _wishes(options: argparse.Namespace) -> Wishes:
    dataset: str | None = options.dataset
    rows: Any = None
    name, count, whole, facts = dataset, options.rows, options.rows is None, None
    named = dataset.removeprefix(_HUB) if dataset is not None and dataset.startswith(_HUB) else None
    if options.gpu is not None and options.gpu.guessed:
        raise UnusableFileError(f"--gpu: there is no card of exactly that name. Did you mean {options.gpu.name}?")
    if named is not None or not _known(options.model):
        facts = _facts(options.model, named)
    if named is not None:
        name = named
    elif dataset is not None:
        rows = Path(dataset)
        if not rows.is_file():
            raise UnusableFileError(
                f"cannot read {dataset}: no such file. For a dataset on the Hub, write {_HUB}{dataset}."
            )
    wishes = Wishes(
        model=options.model,
        rows=rows,
        dataset=name,
        split="train" if named is not None else None,
        count=count,
        whole=whole,
        type=options.type,
        loss=options.rl,
        gpu=options.gpu,
        gpus=count_of(options),
        aim=options.aim,
        method=options.method,
        length=options.sequence_len,
        epochs=options.epochs,
        steps=options.steps,
        hours=options.hours,
        hub_repository=options.hub_repository,
        track=options.track,
    )
    return seen_on_hub(wishes, facts) if facts is not None else wishes


def _known(model: str) -> bool:
    from knowledge.config import read
    from knowledge.parameters import base_parameters

    base = base_parameters(read(f"base_model: {json.dumps(model)}\n"))
    return base is not None and base.known != "guessed"


def _facts(model: str, dataset: str | None) -> HubFacts | None:
    """What the Hub says of the model and the dataset."""
    from knowledge.config import read
    from knowledge.hub import targets_of

    text = f"base_model: {json.dumps(model)}\n"
    if dataset is not None:
        text += f"datasets:\n  - path: {json.dumps(dataset)}\n    split: train\n"
    with opened() as console:
        if console is None:
            return None
        return console.look(targets_of(read(text), exists=lambda name: Path(name).exists()))


def _write(written: Written) -> None:
    sys.stdout.write(written.config)
    for name, text in written.files.items():
        path = Path(name)
        if path.exists() and path.read_text("utf-8", "replace") != text:
            print(f"helpbot: {name} already exists and was not changed.", file=sys.stderr)
        else:
            path.write_text(text, "utf-8")
            print(f"helpbot: wrote {name}, which the config needs.", file=sys.stderr)
    for reason in written.reasons:
        print(f"  {reason.field:<28} {reason.why}", file=sys.stderr)
    if written.memory is not None:
        low, high = written.memory.low_gib, written.memory.high_gib
        print(f"\n  Memory per GPU: {low:.1f} to {high:.1f} GiB on {written.gpu}.", file=sys.stderr)
    if written.duration is not None:
        print(f"  {duration_lines(written.duration)[0].replace('**', '')}", file=sys.stderr)
    for line in (summary_of(written.plan) if written.plan is not None else ())[:6]:
        print(f"  {line}", file=sys.stderr)
    for field in written.open:
        print(f"  Left for you to fill in: {field}.", file=sys.stderr)
    for sentence in written.unmet:
        print(f"helpbot: {sentence}", file=sys.stderr)


def _aim(word: str) -> str:
    if word in aims():
        return word
    from rapidfuzz import process

    spoken = _SPOKEN.get(word.lower())
    near = process.extractOne(word, list(aims()), score_cutoff=_NEAR)
    hint = f" Did you mean {spoken or (near and near[0])}?" if spoken or near else ""
    raise argparse.ArgumentTypeError(f"there is no aim named {word}.{hint} The aims are: {', '.join(aims())}.")


_SPOKEN = {
    "sft": "chat, instructions, or facts",
    **dict.fromkeys(("dpo", "kto", "orpo", "simpo", "ipo", "rlhf"), "preference"),
    **dict.fromkeys(("grpo", "rl", "rlvr", "ppo"), "rewards"),
    **dict.fromkeys(("vision", "vlm", "multimodal"), "images"),
    **dict.fromkeys(("cpt", "completion"), "pretraining"),
}
"""The aims that people call by the name of a trainer."""


def _method(word: str) -> str:
    plain = "".join(each for each in word.lower() if each.isalnum())
    if plain in METHODS:
        return plain
    from rapidfuzz import process

    near = process.extractOne(plain, METHODS, score_cutoff=_NEAR)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise argparse.ArgumentTypeError(f"there is no method named {word}.{hint} The methods are: {', '.join(METHODS)}.")


def _above_zero(word: str) -> float:
    number = float(word)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError("a number above 0")
    return number
