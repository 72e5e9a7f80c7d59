"""Dataset types: which exist, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.conditions import entries, is_placeholder, nearest, supervised_types
from knowledge.finding import Severity
from knowledge.kinds_of_run import PREFERENCE
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


PAIRS = "datasets:\n  - path: org/pairs\n    type:\n      field_prompt: question\n"
TESTS = "test_datasets:\n  - path: org/pairs\n    split: test\n    type:\n"
ENTRY = "datasets:\n  - path: org/rows\n"


@rule(
    Severity.ERROR,
    fields=("datasets[].type", "datasets[].min_turns", "datasets[].max_turns"),
    says="max_turns must exceed min_turns for multi-turn data",
    bad="datasets:\n  - type: _synthetic\n    min_turns: 3\n    max_turns: 2\n",
    good="datasets:\n  - type: _synthetic\n    min_turns: 3\n    max_turns: 4\n",
)
def synthetic_turns(config: Config) -> Iterator[Problem]:
    """A synthetic dataset whose `max_turns` does not exceed `min_turns`.

    When rows have more than one turn, the upper bound must be higher than the lower one.
    """
    for index, entry in synthetic(config):
        if entry["min_turns"] > 1 and entry["max_turns"] <= entry["min_turns"]:
            yield problem(
                "It must be larger than `min_turns`.",
                ("datasets", index, "max_turns"),
                ("datasets", index, "min_turns"),
            )


@rule(
    Severity.ERROR,
    fields=("datasets[].type", "datasets[].sequence_length", "datasets[].min_turns", "datasets[].min_turn_length"),
    says="sequence_length must be at least",
    bad="datasets:\n  - type: _synthetic\n    max_turns: 2\n    sequence_length: 8\n",
    good="datasets:\n  - type: _synthetic\n    max_turns: 2\n    sequence_length: 512\n",
)
def synthetic_too_short(config: Config) -> Iterator[Problem]:
    """A synthetic dataset whose rows are too short for their turns.

    `sequence_length` must have room for `min_turns` turns of `min_turn_length` tokens.
    """
    for index, entry in synthetic(config):
        raw = config.raw(f"datasets[{index}]")
        fraction = entry["input_fraction"]
        if entry["max_turns"] > 1 and "input_fraction" not in raw:
            fraction = 0.25
        least = max(entry["min_turn_length"], 2 if fraction > 0 else 1) * entry["min_turns"]
        length = entry["sequence_length"]
        if length is not None and (entry["max_turns"] > 1 or fraction > 0) and length < least:
            yield problem(f"Too short for its turns: use at least {least}.", ("datasets", index, "sequence_length"))


def synthetic(config: Config) -> Iterator[tuple[int, dict[str, Any]]]:
    """The typed entries of synthetic data that typing accepts."""
    faulty = {wrong.steps[1] for wrong in config.wrong("datasets") if len(wrong.steps) > 1}
    typed = config.typed("datasets")
    for index, entry in entries(config, "datasets"):
        if config.dataset_class(entry) == "SyntheticDataset" and index not in faulty:
            yield index, typed[index]


@rule(
    Severity.CRASH,
    fields=("datasets[].data_files", "datasets[].type", "rl"),
    needs=("rl",),
    bad="rl: orpo\ndatasets:\n  - path: org/pairs\n    type:\n      field_prompt: prompt\n",
    good="rl: orpo\ndatasets:\n  - path: org/pairs\n    type: chat_template.argilla\n",
)
def orpo_custom_type(config: Config) -> Iterator[Problem]:
    """`rl: orpo` with a mapping of columns under `type`.

    The mapping is emptied when the entry is typed, and loading finds no strategy. Use `chat_template.argilla`.
    """
    if config.raw("rl") == "orpo":
        for index, entry in entries(config, "datasets"):
            if isinstance(entry.get("type"), dict):
                message = "ORPO ignores a mapping here, so loading fails. Use `chat_template.argilla`."
                yield problem(message, ("datasets", index, "type"), suggestion="chat_template.argilla")


@rule(
    Severity.WARNING,
    fields=("datasets[].type", "train_on_inputs"),
    needs=("train_on_inputs",),
    bad=f"{ENTRY}    type: input_output\ntrain_on_inputs: true\n",
    good=f"{ENTRY}    type: input_output\n",
)
def input_output_trains_inputs(config: Config) -> Iterator[Problem]:
    """`train_on_inputs: true` with `type: input_output`.

    The labels of the segments exist to leave text out of training; this switch trains the unlabeled ones as well.
    """
    if config.typed("train_on_inputs"):
        for index, entry in entries(config, "datasets"):
            if entry.get("type") == "input_output":
                message = "This also trains the segments with `label: false`. Remove `train_on_inputs`."
                yield problem(message, "train_on_inputs", ("datasets", index, "type"))


@rule(
    Severity.ADVICE,
    fields=("datasets[].type",),
    bad=f"{ENTRY}    type: input_output\n",
    good=f"{ENTRY}    type: completion\n",
)
def input_output_adds_nothing(config: Config) -> Iterator[Problem]:
    """`type: input_output` adds no BOS, EOS, or template by itself.

    Whatever the model should see, and what it should learn to end with, must be in the text of the segments.
    """
    for index, entry in entries(config, "datasets"):
        if entry.get("type") == "input_output":
            message = "This type adds no BOS or EOS: write them into the segments, or the model never stops."
            yield problem(message, ("datasets", index, "type"))


@rule(
    Severity.CRASH,
    fields=("datasets[].type", "test_datasets", "rl", "reward_model", "process_reward_model"),
    bad=f"{ENTRY}    type: text\n",
    good=f"{ENTRY}    type: completion\n",
)
def dataset_type_unknown(config: Config) -> Iterator[Problem]:
    """A dataset type that does not exist.

    Validation accepts any text; preparing the rows finds no way to read them and fails. For plain text, use
    `completion`, for a chat `chat_template`. Names with a dot may be your own code, so they are left alone.
    """
    if any(config.raw(name) for name in ("rl", "reward_model", "process_reward_model")):
        return
    known = supervised_types()
    for name in ("datasets", "test_datasets"):
        for index, entry in entries(config, name):
            kind = entry.get("type")
            if not isinstance(kind, str) or not kind or "." in kind or kind.startswith("sharegpt"):
                continue
            if kind.partition(":")[0] in known or is_placeholder(kind):
                continue
            near = {"text": "completion", "raw": "completion", "json": "completion", "chat": "chat_template"}.get(kind)
            near = near or nearest(config, kind, known)
            hint = f" Use `{near}`?" if near else " For plain text, use `completion`, for a chat `chat_template`."
            message = f"No such type: preparing the rows fails.{hint}"
            yield problem(message, (name, index, "type"), suggestion=near)


@rule(
    Severity.WARNING,
    fields=("rl", "datasets[].type"),
    needs=("rl",),
    bad="rl: grpo\ndatasets:\n  - path: org/prompts\n    type: chat_template\n",
    good="rl: grpo\ndatasets:\n  - path: org/prompts\n    type: rewards.transform\n",
)
def generation_wants_a_function(config: Config) -> Iterator[Problem]:
    """A chat type under `rl: grpo` or `gdpo`.

    The rows are then read as preference pairs, and the chosen column is missing. GRPO expects the name of your own
    function, module.function, that returns prompts.
    """
    rl = config.raw("rl")
    if rl in ("grpo", "gdpo"):
        for index, entry in entries(config, "datasets"):
            kind = entry.get("type")
            if isinstance(kind, str) and "." not in kind:
                message = f"Under `rl: {rl}` this is read as preference pairs: name your function, `module.function`."
                yield problem(message, ("datasets", index, "type"), "rl")


@rule(
    Severity.WARNING,
    fields=("test_datasets[].type", "datasets[].type", "rl"),
    needs=("test_datasets",),
    bad=f"rl: dpo\n{PAIRS}{TESTS}      field_prompt: question\n",
    good=f"rl: dpo\n{PAIRS}{TESTS}      field_prompt: question\n      field_chosen: chosen\n",
)
def evaluation_column_dropped(config: Config) -> Iterator[Problem]:
    """A single column under the `type` of a test set, in preference training.

    Axolotl types the entry by the class that reads most of its keys. With a single column, it is that of supervised
    rows, the mapping is emptied, and the rows are used without being rearranged.
    """
    for index, columns in _test_columns(config):
        if len(columns) == 1 and "field_system" not in columns:
            message = "A single column is dropped, and the rows stay as they are. Write all columns here."
            yield problem(message, ("test_datasets", index, "type"), "rl")


@rule(
    Severity.CRASH,
    fields=("test_datasets[].type", "datasets[].type", "rl"),
    needs=("test_datasets",),
    bad=f"rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chatml.intel\n{TESTS}      field_prompt: question\n"
    "      field_chosen: chosen\n",
    good=f"rl: dpo\n{PAIRS}{TESTS}      field_prompt: question\n      field_chosen: chosen\n",
    says="User-defined dataset type must be a dictionary",
)
def evaluation_columns_from_training(config: Config) -> Iterator[Problem]:
    """Columns under the `type` of a test set whose training entry has no such mapping, in preference training.

    For the first test set, Axolotl reads the columns from the first entry of `datasets`, and so on. If that has no
    mapping under `type`, loading the test rows ends in an error.
    """
    trained = dict(entries(config, "datasets"))
    for index, columns in _test_columns(config):
        if len(columns) > 1 and not isinstance(trained.get(index, {}).get("type"), dict):
            message = f"Loading fails: the columns are read from `datasets[{index}].type`, which has none."
            yield problem(message, ("test_datasets", index, "type"), "rl")


def _test_columns(config: Config) -> Iterator[tuple[int, dict[Any, Any]]]:
    """The mappings under the `type` of test sets, in preference training, with the index of their entry."""
    if config.raw("rl") in PREFERENCE:
        for index, entry in entries(config, "test_datasets"):
            if isinstance(entry.get("type"), dict) and entry["type"]:
                yield index, entry["type"]
