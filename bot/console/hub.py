"""`helpbot hub`: what the Hub holds under a name."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bot.console._hub import opened
from bot.views.check.hub import dataset_line, model_line
from knowledge.hub import HubFacts, dataset_report, is_repository, is_revision, model_report, named
from knowledge.json_values import to_plain
from knowledge.parameters import known_total, parameters_of_repository

if TYPE_CHECKING:
    import argparse

SUMMARY = "What the Hub holds under a name: a model, a dataset, or both."
_SECONDS = 10.0
_HELD = ("found", "gated", "disabled", "no-revision", "no-config", "no-split")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("name", metavar="NAME", help="owner/name of a model or a dataset")
    parser.add_argument("--revision", help="a branch, tag, or commit of the model")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Look it up; exit 0 when there is such a model or dataset, 1 when not, 2 for what is not a name."""
    if not is_repository(options.name) or (options.revision and not is_revision(options.revision)):
        print(f"helpbot: {options.name} is not a valid Hub name, which looks like owner/name.", file=sys.stderr)
        return 2
    with opened() as console:
        if console is None:
            return 2
        facts = console.look(named(options.name, options.revision), _SECONDS)
    _write(facts, as_json=options.format == "json")
    return int(not any(each.status in _HELD for each in (facts.model, *facts.datasets) if each is not None))


def _write(facts: HubFacts, *, as_json: bool) -> None:
    found = facts.model
    base = None if found is None else parameters_of_repository(found)
    model = None if found is None else model_report(found, known_total(base))
    datasets = [dataset_report(each) for each in facts.datasets]
    if as_json:
        plain = {
            "model": None if model is None else to_plain(model),
            "datasets": [to_plain(each) for each in datasets],
        }
        print(json.dumps(plain, ensure_ascii=False, separators=(",", ":")))
        return
    if model is not None:
        print(f"Model    {model_line(model)}")
    for each in datasets:
        print(f"Dataset  {dataset_line(each)}")
    for repository in (found, *facts.datasets):
        if repository is not None and repository.nearest:
            print(f"Similar names: {', '.join(repository.nearest)}")
        if repository is not None and repository.renamed_to:
            print(f"It was renamed to {repository.renamed_to}.")
