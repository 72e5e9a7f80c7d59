"""Dataset entries: where rows come from, and how their type reads them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from knowledge.catalog import read_json
from knowledge.conditions import entries
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

ENTRY = "datasets:\n  - path: org/rows\n"
CHAT = f"{ENTRY}    type: chat_template\n"
_LISTS = ("datasets", "test_datasets", "pretraining_dataset")


@rule(
    Severity.ERROR,
    fields=("datasets", "pretraining_dataset"),
    says="either datasets or pretraining_dataset is required",
    bad="datasets:\n",
    good=f"{ENTRY}    type: alpaca\n",
    always=True,
)
def no_dataset(config: Config) -> Iterator[Problem]:
    """Neither `datasets` nor `pretraining_dataset` is given.

    There is nothing to train on.
    """
    now = config.at("check_dataset_or_pretraining_dataset")
    if now("datasets") is None and now("pretraining_dataset") is None:
        message = "Nothing to train on: add `datasets:` with a `path` and a `type`."
        yield problem(message, *(["datasets"] if config.written("datasets") else []))


@rule(
    Severity.ERROR,
    fields=("datasets", "pretraining_dataset"),
    says="'NoneType' object is not iterable",
    bad="datasets:\npretraining_dataset:\n  - path: org/text\nmax_steps: 100\n",
    good="pretraining_dataset:\n  - path: org/text\nmax_steps: 100\n",
)
def datasets_blank(config: Config) -> Iterator[Problem]:
    """`datasets` is blank next to `pretraining_dataset`.

    The blank is looked through as a list and breaks with a bare TypeError. Drop the key.
    """
    blank = config.written("datasets") and config.raw("datasets") is None
    if blank and config.raw("pretraining_dataset") is not None:
        yield problem("Blank: Axolotl breaks on it with a TypeError. Remove the line.", "datasets")


@rule(
    Severity.ERROR,
    fields=("datasets",),
    says="dictionary update sequence element #0",
    bad="datasets:\n  path: org/rows\n  type: alpaca\n",
    good="datasets:\n  - path: org/rows\n    type: alpaca\n",
)
def datasets_no_list(config: Config) -> Iterator[Problem]:
    """`datasets` is no list of entries.

    Each dataset is a list item that begins with `- path:`; anything else breaks with an error that names no field.
    """
    value = config.raw("datasets")
    if isinstance(value, dict) and value:
        yield problem("One mapping instead of a list: put `- ` before its first key.", "datasets")
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            if not isinstance(entry, dict) and entry is not None:
                yield problem("Not an entry: write `- path: ...` with the keys below it.", ("datasets", index))
            elif entry is None:
                yield problem("An empty entry: remove the `-`, or give it a `path`.", ("datasets", index))
    elif value is not None and value is not False and value not in (0, ""):
        yield problem("A list of entries is expected: `- path: ...` with the keys below it.", "datasets")


@rule(
    Severity.ERROR,
    fields=("datasets",),
    bad="datasets: []\n",
    good=f"{ENTRY}    type: alpaca\n",
)
def datasets_empty(config: Config) -> Iterator[Problem]:
    """`datasets` is empty.

    At least one entry is needed.
    """
    value = config.raw("datasets")
    if value is not None and not value:
        yield problem("Empty: at least one entry `- path: ...` is needed.", "datasets")


@rule(
    Severity.ERROR,
    fields=("datasets[].type",),
    says="`type: sharegpt.*` is deprecated",
    bad=f"{ENTRY}    type: sharegpt\n",
    good=f"{CHAT}    field_messages: conversations\n    message_property_mappings:\n      role: from\n"
    "      content: value\n",
)
def sharegpt_removed(config: Config) -> Iterator[Problem]:
    """`type: sharegpt` was removed.

    Use `type: chat_template` with `field_messages: conversations` and the two property mappings.
    """
    for index, entry in entries(config, "datasets"):
        kind = entry.get("type")
        if isinstance(kind, str) and kind.startswith("sharegpt"):
            message = "Removed: use `chat_template` with `field_messages: conversations`."
            yield problem(message, ("datasets", index, "type"), suggestion="chat_template")


@rule(
    Severity.CRASH,
    fields=("test_datasets[].type",),
    bad="test_datasets:\n  - path: org/rows\n    type: sharegpt\n",
    good="test_datasets:\n  - path: org/rows\n    type: chat_template\n",
)
def sharegpt_in_test_datasets(config: Config) -> Iterator[Problem]:
    """`type: sharegpt` in `test_datasets`.

    Validation looks for it in `datasets` only; here loading the rows fails, because no such type exists any more.
    """
    for index, entry in entries(config, "test_datasets"):
        kind = entry.get("type")
        if isinstance(kind, str) and kind.startswith("sharegpt"):
            message = "Removed: loading the rows fails. Use `chat_template`."
            yield problem(message, ("test_datasets", index, "type"), suggestion="chat_template")


@rule(
    Severity.WARNING,
    fields=("datasets[].message_field_role", "datasets[].message_field_content", "test_datasets"),
    says=("message_field_role is deprecated", "message_field_content is deprecated"),
    bad=f"{CHAT}    message_field_role: from\n    message_field_content: value\n",
    good=f"{CHAT}    message_property_mappings:\n      role: from\n      content: value\n",
)
def message_fields_old_names(config: Config) -> Iterator[Problem]:
    """`message_field_role` and `message_field_content` became `message_property_mappings`.

    They are still read and moved there.
    """
    for name in _LISTS[:2]:
        for index, entry in entries(config, name):
            if name == "datasets" and config.dataset_class(entry) != "SFTDataset":
                continue
            old = [key for key in ("message_field_role", "message_field_content") if key in entry]
            if old:
                message = "Now `message_property_mappings` with `role` and `content`; still read."
                yield problem(message, *((name, index, key) for key in old), suggestion="message_property_mappings")


@rule(
    Severity.ERROR,
    fields=(
        "datasets[].message_field_role",
        "datasets[].message_field_content",
        "datasets[].message_property_mappings",
    ),
    says=("Conflicting message role fields", "Conflicting message content fields"),
    bad=f"{CHAT}    message_field_role: from\n    message_property_mappings:\n      role: speaker\n",
    good=f"{CHAT}    message_property_mappings:\n      role: speaker\n",
)
def message_fields_conflict(config: Config) -> Iterator[Problem]:
    """The old and the new way to name the message keys contradict each other.

    Keep `message_property_mappings` only.
    """
    for index, entry in entries(config, "datasets"):
        if config.dataset_class(entry) != "SFTDataset":
            continue
        mappings = entry.get("message_property_mappings")
        for name in ("role", "content"):
            old = f"message_field_{name}"
            if isinstance(mappings, dict) and old in entry and name in mappings and mappings[name] != entry[old]:
                message = f"Contradicts `message_property_mappings.{name}`: remove this old key."
                yield problem(message, ("datasets", index, old), ("datasets", index, "message_property_mappings", name))


@rule(
    Severity.ERROR,
    fields=("datasets[].chat_template", "datasets[].chat_template_jinja"),
    says="chat_template_jinja is required when chat_template is set to jinja",
    bad=f"{CHAT}    chat_template: jinja\n",
    good=f"{CHAT}    chat_template: jinja\n    chat_template_jinja: \"{{{{ messages[0]['content'] }}}}\"\n",
)
def dataset_jinja_without_template(config: Config) -> Iterator[Problem]:
    """A dataset's `chat_template: jinja` without the template.

    Write it under `chat_template_jinja`, or name a built-in template.
    """
    for index, entry in entries(config, "datasets"):
        if config.dataset_class(entry) == "SFTDataset":
            if entry.get("chat_template") == "jinja" and not entry.get("chat_template_jinja"):
                yield problem(
                    "The template itself is missing: add `chat_template_jinja`.", ("datasets", index, "chat_template")
                )


@rule(
    Severity.WARNING,
    fields=("datasets[].chat_template_jinja", "datasets[].chat_template", "datasets[].type"),
    bad=f"{CHAT}    chat_template_jinja: \"{{{{ messages[0]['content'] }}}}\"\n",
    good=f"{CHAT}    chat_template: jinja\n    chat_template_jinja: \"{{{{ messages[0]['content'] }}}}\"\n",
)
def dataset_jinja_unused(config: Config) -> Iterator[Problem]:
    """`chat_template_jinja` under `type: chat_template` without `chat_template: jinja`.

    The default `tokenizer_default` is filled in first, so the text of the template is never used.
    """
    for index, entry in entries(config, "datasets"):
        if config.dataset_class(entry) != "SFTDataset" or entry.get("type") != "chat_template":
            continue
        if entry.get("chat_template_jinja") and not entry.get("chat_template"):
            message = "Never used: the tokenizer's own template wins. Add `chat_template: jinja`."
            yield problem(message, ("datasets", index, "chat_template_jinja"))


@rule(
    Severity.ERROR,
    fields=("datasets[].type", "datasets[].min_turns", "datasets[].max_turns"),
    says="max_turns must exceed min_turns for multi-turn data",
    bad="datasets:\n  - type: _synthetic\n    min_turns: 3\n    max_turns: 2\n",
    good="datasets:\n  - type: _synthetic\n    min_turns: 3\n    max_turns: 4\n",
)
def synthetic_turns(config: Config) -> Iterator[Problem]:
    """A synthetic dataset whose `max_turns` does not exceed `min_turns`.

    With more than one turn at least, the upper bound has to be higher.
    """
    for index, entry in synthetic(config):
        if entry["min_turns"] > 1 and entry["max_turns"] <= entry["min_turns"]:
            yield problem(
                "Has to exceed `min_turns`.", ("datasets", index, "max_turns"), ("datasets", index, "min_turns")
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

    `sequence_length` has to hold `min_turns` turns of `min_turn_length` tokens.
    """
    for index, entry in synthetic(config):
        raw = config.raw(f"datasets[{index}]")
        fraction = entry["input_fraction"]
        if entry["max_turns"] > 1 and "input_fraction" not in raw:
            fraction = 0.25
        least = max(entry["min_turn_length"], 2 if fraction > 0 else 1) * entry["min_turns"]
        length = entry["sequence_length"]
        if length is not None and (entry["max_turns"] > 1 or fraction > 0) and length < least:
            yield problem(f"Too short for its turns: at least {least}.", ("datasets", index, "sequence_length"))


def synthetic(config: Config) -> Iterator[tuple[int, dict[str, Any]]]:
    """The typed entries of synthetic data that typing accepts."""
    faulty = {wrong.steps[1] for wrong in config.wrong("datasets") if len(wrong.steps) > 1}
    typed = config.typed("datasets")
    for index, entry in entries(config, "datasets"):
        if config.dataset_class(entry) == "SyntheticDataset" and index not in faulty:
            yield index, typed[index]


@rule(
    Severity.ERROR,
    fields=("push_dataset_to_hub", "hf_use_auth_token"),
    says="Require cfg.hf_use_auth_token to be True for push_dataset_to_hub",
    bad="push_dataset_to_hub: me/rows\n",
    good="push_dataset_to_hub: me/rows\nhf_use_auth_token: true\n",
)
def push_dataset_without_token(config: Config) -> Iterator[Problem]:
    """`push_dataset_to_hub` without `hf_use_auth_token: true`.

    Uploading needs the token, and Axolotl wants to be told.
    """
    now = config.at("check_push_ds_auth")
    if now("push_dataset_to_hub") and now("hf_use_auth_token") is not True:
        yield problem("Uploading needs `hf_use_auth_token: true`.", "push_dataset_to_hub")


@rule(
    Severity.ERROR,
    fields=("test_datasets", "val_set_size"),
    says="non-zero val_set_size should not be used with test_datasets",
    bad="val_set_size: 0.05\ntest_datasets:\n  - path: org/test\n    type: alpaca\n",
    good="test_datasets:\n  - path: org/test\n    type: alpaca\n",
)
def test_rows_twice(config: Config) -> Iterator[Problem]:
    """`test_datasets` and `val_set_size` are both set.

    Either rows are held out, or a dataset of their own is evaluated.
    """
    now = config.at("check_val_w_test_datasets")
    if now("test_datasets") and now("val_set_size"):
        yield problem(
            "Both give evaluation rows: set `val_set_size: 0`, or drop `test_datasets`.",
            "val_set_size",
            "test_datasets",
        )


@rule(
    Severity.ERROR,
    fields=("dataset_exact_deduplication", "skip_prepare_dataset", "use_ray"),
    says="dataset_exact_deduplication=True has no effect when",
    bad="dataset_exact_deduplication: true\nskip_prepare_dataset: true\n",
    good="dataset_exact_deduplication: true\n",
)
def deduplication_without_preparing(config: Config) -> Iterator[Problem]:
    """`dataset_exact_deduplication` with `skip_prepare_dataset`.

    Duplicates are removed while the data is prepared, which is skipped.
    """
    now = config.at("check_deduplication_with_skip_prepare")
    if now("dataset_exact_deduplication") and now("skip_prepare_dataset") and not config.raw("use_ray"):
        yield problem(
            "Removes nothing: preparing is skipped. Drop one of the two.",
            "dataset_exact_deduplication",
            "skip_prepare_dataset",
        )


@rule(
    Severity.ERROR,
    fields=("dataset_exact_deduplication", "streaming", "pretraining_dataset", "use_ray"),
    says="dataset_exact_deduplication is not available for streaming datasets",
    bad="dataset_exact_deduplication: true\nstreaming: true\nmax_steps: 100\n",
    good="dataset_exact_deduplication: true\n",
)
def deduplication_of_a_stream(config: Config) -> Iterator[Problem]:
    """`dataset_exact_deduplication` on a stream.

    Duplicates can be found only when all rows are there.
    """
    now = config.at("check_deduplication_with_streaming")
    stream = next((name for name in ("streaming", "pretraining_dataset") if now(name)), None)
    if now("dataset_exact_deduplication") and stream and not config.raw("use_ray"):
        yield problem("Not possible on a stream: drop it.", "dataset_exact_deduplication", stream)


@rule(
    Severity.WARNING,
    fields=("dataset_processes", "dataset_num_proc"),
    says="`dataset_processes` is deprecated",
    bad="dataset_processes: 8\n",
    good="dataset_num_proc: 8\n",
)
def dataset_processes_old_name(config: Config) -> Iterator[Problem]:
    """`dataset_processes` is the old name of `dataset_num_proc`.

    It is still moved there, or dropped when both are set.
    """
    if config.raw("dataset_processes") is not None:
        yield problem(
            "Now `dataset_num_proc`; the old name is still read.", "dataset_processes", suggestion="dataset_num_proc"
        )


@rule(
    Severity.CRASH,
    fields=("datasets[].path", "datasets[].type", "test_datasets[].path", "pretraining_dataset[].path"),
    bad="datasets:\n  - type: alpaca\n",
    good="datasets:\n  - path: org/rows\n    type: alpaca\n",
)
def dataset_without_path(config: Config) -> Iterator[Problem]:
    """A dataset without `path`.

    Validation accepts it; loading the data has nothing to load and fails.
    """
    for name in _LISTS:
        for index, entry in entries(config, name):
            if not entry.get("path") and entry.get("type") != "_synthetic" and entry:
                yield problem("No `path`: loading the data fails. Add where the rows are.", (name, index))


@rule(
    Severity.CRASH,
    fields=("datasets[].data_files", "datasets[].type", "rl"),
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
                message = "A mapping is emptied under ORPO and loading fails. Use `chat_template.argilla`."
                yield problem(message, ("datasets", index, "type"), suggestion="chat_template.argilla")


@rule(
    Severity.WARNING,
    fields=("datasets[].type", "train_on_inputs"),
    bad=f"{ENTRY}    type: input_output\ntrain_on_inputs: true\n",
    good=f"{ENTRY}    type: input_output\n",
)
def input_output_trains_inputs(config: Config) -> Iterator[Problem]:
    """`train_on_inputs: true` with `type: input_output`.

    The labels of the segments exist to leave text out of training; this switch trains the unlabelled ones as well.
    """
    if config.typed("train_on_inputs"):
        for index, entry in entries(config, "datasets"):
            if entry.get("type") == "input_output":
                message = "Trains the segments with `label: false` too. Drop `train_on_inputs`."
                yield problem(message, "train_on_inputs", ("datasets", index, "type"))


@rule(
    Severity.ADVICE,
    fields=("datasets[].type",),
    bad=f"{ENTRY}    type: input_output\n",
    good=f"{ENTRY}    type: completion\n",
)
def input_output_adds_nothing(config: Config) -> Iterator[Problem]:
    """`type: input_output` adds no BOS, EOS or template by itself.

    Whatever the model shall see or learn to end with has to stand in the text of the segments.
    """
    for index, entry in entries(config, "datasets"):
        if entry.get("type") == "input_output":
            message = "Adds no BOS or EOS: write them into the segments' text, or the model never stops."
            yield problem(message, ("datasets", index, "type"))


@rule(
    Severity.WARNING,
    fields=("datasets[].chat_template", "datasets[].type", "rl"),
    bad="datasets:\n  - path: org/rows\n    type: alpaca\n    chat_template: chatml\n",
    good="datasets:\n  - path: org/rows\n    type: chat_template\n    chat_template: chatml\n",
)
def chat_template_unused(config: Config) -> Iterator[Problem]:
    """A dataset's `chat_template` under a type that uses none.

    Only chat types format rows with a template; the others have formats of their own.
    """
    for index, entry in entries(config, "datasets"):
        kind = entry.get("type")
        uses = isinstance(kind, str) and ("chat" in kind or kind in ("messages", "passthrough"))
        if entry.get("chat_template") and not uses and not config.raw("rl") and isinstance(kind, str):
            message = f"No effect: `type: {kind}` uses no template. For a chat, take `type: chat_template`."
            yield problem(message, ("datasets", index, "chat_template"), ("datasets", index, "type"))


@rule(
    Severity.WARNING,
    fields=("datasets[].roles", "datasets[].type", "datasets[].roles_to_train"),
    bad=f"{CHAT}    roles:\n      human: [user]\n",
    good=f"{CHAT}    roles:\n      user: [human]\n",
)
def roles_turned_around(config: Config) -> Iterator[Problem]:
    """`roles` maps in the wrong direction.

    The key is the role of the template (user, assistant, system), the list holds the names in the data.
    """
    known = {"user", "assistant", "system", "tool"}
    for index, entry in entries(config, "datasets"):
        roles = entry.get("roles")
        if not isinstance(roles, dict):
            continue
        for key, names in roles.items():
            listed = names if isinstance(names, list) else [names]
            if key not in known and all(name in known for name in listed if name):
                message = f"Turned around: the template's role comes first, `{listed[0]}: [{key}]`."
                yield problem(message, ("datasets", index, "roles", key))


@rule(
    Severity.CRASH,
    fields=("datasets[].chat_template",),
    bad="datasets:\n  - path: org/rows\n    type: chat_template\n    chat_template: completion\n",
    good="datasets:\n  - path: org/rows\n    type: chat_template\n    chat_template: chatml\n",
)
def dataset_template_unknown(config: Config) -> Iterator[Problem]:
    """A dataset's `chat_template` that is no template.

    Validation takes any text here; preparing the rows finds no template of that name and fails.
    """
    known = config.types.choices("chat_template")
    for index, entry in entries(config, "datasets"):
        name = entry.get("chat_template")
        if not isinstance(name, str) or not name or config.dataset_class(entry) != "SFTDataset":
            continue
        if name not in known and name != "phi_4" and not name.startswith("tokenizer_default_fallback_"):
            message = "No such template: preparing the rows fails. Take one such as chatml, or tokenizer_default."
            yield problem(message, ("datasets", index, "chat_template"))


@rule(
    Severity.CRASH,
    fields=("datasets[].type", "test_datasets", "rl", "reward_model", "process_reward_model"),
    bad=f"{ENTRY}    type: text\n",
    good=f"{ENTRY}    type: completion\n",
)
def dataset_type_unknown(config: Config) -> Iterator[Problem]:
    """A dataset type that does not exist.

    Validation takes any text; preparing the rows finds no way to read them and fails. Plain text is `completion`, a
    chat `chat_template`. Names with a dot may be code of your own, so they are left alone.
    """
    if any(config.raw(name) for name in ("rl", "reward_model", "process_reward_model")):
        return
    known = supervised_types()
    for name in ("datasets", "test_datasets"):
        for index, entry in entries(config, name):
            kind = entry.get("type")
            if not isinstance(kind, str) or not kind or "." in kind or kind.startswith("sharegpt"):
                continue
            if kind.partition(":")[0] in known:
                continue
            near = {"text": "completion", "raw": "completion", "json": "completion", "chat": "chat_template"}.get(kind)
            near = near or nearest(kind, known)
            hint = f" Take `{near}`?" if near else " Plain text is `completion`, a chat `chat_template`."
            message = f"No such type: preparing the rows fails.{hint}"
            yield problem(message, (name, index, "type"), suggestion=near)


@lru_cache(maxsize=1)
def supervised_types() -> tuple[str, ...]:
    """The dataset types of supervised training (facts/values.json)."""
    known = read_json("values.json")["dataset_type"]
    return (*known["sft_modules"], *known["sft_handlers"], "user_defined", "bradley_terry", "chat_template")


def nearest(name: str, known: tuple[str, ...]) -> str | None:
    """The known name most like a misspelt one."""
    from rapidfuzz import fuzz, process

    best = process.extractOne(name.lower(), known, scorer=fuzz.ratio, score_cutoff=75)
    return best[0] if best else None


@rule(
    Severity.WARNING,
    fields=("rl", "datasets[].type"),
    bad="rl: grpo\ndatasets:\n  - path: org/prompts\n    type: chat_template\n",
    good="rl: grpo\ndatasets:\n  - path: org/prompts\n    type: rewards.transform\n",
)
def generation_wants_a_function(config: Config) -> Iterator[Problem]:
    """A chat type under `rl: grpo` or `gdpo`.

    The rows are then read as preference pairs, and the chosen column is missing. GRPO wants the name of a function of
    yours, module.function, that returns prompts.
    """
    rl = config.raw("rl")
    if rl in ("grpo", "gdpo"):
        for index, entry in entries(config, "datasets"):
            kind = entry.get("type")
            if isinstance(kind, str) and "." not in kind:
                message = f"Read as preference pairs under `rl: {rl}`: name your function, `module.function`."
                yield problem(message, ("datasets", index, "type"), "rl")


@rule(
    Severity.WARNING,
    fields=("datasets[].path", "datasets[].data_files", "test_datasets", "streaming", "sample_packing"),
    bad="datasets:\n  - path: json\n    data_files: rows.jsonl\n    type: alpaca\n",
    good="datasets:\n  - path: rows.jsonl\n    ds_type: json\n    type: alpaca\n",
)
def format_as_path(config: Config) -> Iterator[Problem]:
    """`path: json` for a local file.

    In `datasets` the path is a file, a folder or a repository on the hub; "json" is looked up on the hub first. Name
    the file as `path` and the format as `ds_type`. (Only `pretraining_dataset` wants it the other way.)
    """
    packed_stream = config.get("streaming") and config.get("sample_packing")  # read as pretraining data are
    for name in ("test_datasets",) if packed_stream else ("datasets", "test_datasets"):
        for index, entry in entries(config, name):
            if entry.get("path") in ("json", "csv", "parquet", "arrow", "text") and entry.get("data_files"):
                message = f"Looked up on the hub: write the file as `path`, with `ds_type: {entry['path']}`."
                yield problem(message, (name, index, "path"), (name, index, "data_files"))


@rule(
    Severity.WARNING,
    fields=("pretraining_dataset[].path", "pretraining_dataset[].data_files"),
    bad="pretraining_dataset:\n  - path: ./text.jsonl\nstreaming: true\nmax_steps: 100\n",
    good="pretraining_dataset:\n  - path: json\n    data_files: ./text.jsonl\nstreaming: true\nmax_steps: 100\n",
)
def pretraining_local_file(config: Config) -> Iterator[Problem]:
    """A local file as `path` of `pretraining_dataset`.

    The entry goes straight to the datasets library, which takes a format as path and the file as `data_files`.
    """
    for index, entry in entries(config, "pretraining_dataset"):
        path = entry.get("path")
        if isinstance(path, str) and path.endswith((".json", ".jsonl", ".csv", ".parquet", ".txt")):
            kind = {"jsonl": "json", "txt": "text"}.get(path.rpartition(".")[2], path.rpartition(".")[2])
            message = f"A file is read through its format here: `path: {kind}` with `data_files`."
            yield problem(message, ("pretraining_dataset", index, "path"))
