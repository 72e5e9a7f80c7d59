"""Dataset entries: where rows come from, and how their type reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        yield problem(message, "datasets")


@rule(
    Severity.ERROR,
    fields=("datasets", "pretraining_dataset"),
    needs=("pretraining_dataset",),
    says="'NoneType' object is not iterable",
    bad="datasets:\npretraining_dataset:\n  - path: org/text\nmax_steps: 100\n",
    good="pretraining_dataset:\n  - path: org/text\nmax_steps: 100\n",
)
def datasets_blank(config: Config) -> Iterator[Problem]:
    """`datasets` is blank next to `pretraining_dataset`.

    Axolotl reads the blank as a list and stops with a bare TypeError. Remove the key.
    """
    blank = config.written("datasets") and config.raw("datasets") is None
    if blank and config.raw("pretraining_dataset") is not None:
        yield problem("This is blank, so Axolotl stops with a TypeError. Remove the line.", "datasets")


@rule(
    Severity.ERROR,
    fields=("datasets",),
    says="dictionary update sequence element #0",
    bad="datasets:\n  path: org/rows\n  type: alpaca\n",
    good="datasets:\n  - path: org/rows\n    type: alpaca\n",
)
def datasets_no_list(config: Config) -> Iterator[Problem]:
    """`datasets` is not a list of entries.

    Each dataset is a list item that begins with `- path:`; anything else fails with an error that does not name a
    field.
    """
    value = config.raw("datasets")
    if isinstance(value, dict) and value:
        yield problem("This is one block instead of a list: put `- ` before its first key.", "datasets")
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            if not isinstance(entry, dict) and entry is not None:
                yield problem("This is not an entry: write `- path: ...` with the keys below it.", ("datasets", index))
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
    fields=("push_dataset_to_hub", "hf_use_auth_token"),
    says="Require cfg.hf_use_auth_token to be True for push_dataset_to_hub",
    bad="push_dataset_to_hub: me/rows\n",
    good="push_dataset_to_hub: me/rows\nhf_use_auth_token: true\n",
)
def push_dataset_without_token(config: Config) -> Iterator[Problem]:
    """`push_dataset_to_hub` without `hf_use_auth_token: true`.

    Uploading needs your login, and Axolotl uses it only if this key says so.
    """
    now = config.at("check_push_ds_auth")
    if now("push_dataset_to_hub") and now("hf_use_auth_token") is not True:
        yield problem("Uploading needs `hf_use_auth_token: true`.", "push_dataset_to_hub")


@rule(
    Severity.ERROR,
    fields=("test_datasets", "val_set_size"),
    needs=("test_datasets",),
    says="non-zero val_set_size should not be used with test_datasets",
    bad="val_set_size: 0.05\ntest_datasets:\n  - path: org/test\n    type: alpaca\n",
    good="test_datasets:\n  - path: org/test\n    type: alpaca\n",
)
def test_rows_twice(config: Config) -> Iterator[Problem]:
    """`test_datasets` and `val_set_size` are both set.

    Either rows are held out for evaluation, or a separate dataset is used; not both.
    """
    now = config.at("check_val_w_test_datasets")
    if now("test_datasets") and now("val_set_size"):
        yield problem(
            "Both give evaluation rows: set `val_set_size: 0`, or remove `test_datasets`.",
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
            "Nothing is removed, because preparing is skipped. Remove one of the two.",
            "dataset_exact_deduplication",
            "skip_prepare_dataset",
        )


@rule(
    Severity.ERROR,
    fields=("dataset_exact_deduplication", "streaming", "pretraining_dataset", "use_ray"),
    says="dataset_exact_deduplication is not available for streaming datasets",
    bad="dataset_exact_deduplication: true\nstreaming: true\nmax_steps: 100\n",
    good="streaming: true\nmax_steps: 100\n",
)
def deduplication_of_a_stream(config: Config) -> Iterator[Problem]:
    """`dataset_exact_deduplication` on a stream.

    Duplicates can be found only when all rows are available.
    """
    now = config.at("check_deduplication_with_streaming")
    stream = next((name for name in ("streaming", "pretraining_dataset") if now(name)), None)
    if now("dataset_exact_deduplication") and stream and not config.raw("use_ray"):
        yield problem("Does not work with streaming: remove it.", "dataset_exact_deduplication", stream)


@rule(
    Severity.WARNING,
    fields=("dataset_processes", "dataset_num_proc"),
    says="dataset_processes is deprecated",
    bad="dataset_processes: 8\n",
    good="dataset_num_proc: 8\n",
)
def dataset_processes_old_name(config: Config) -> Iterator[Problem]:
    """`dataset_processes` is the old name of `dataset_num_proc`.

    Its value is still moved there, or dropped if both are set.
    """
    if config.raw("dataset_processes") is not None:
        yield problem(
            "The new name is `dataset_num_proc`; the old one still works.",
            "dataset_processes",
            suggestion="dataset_num_proc",
        )


@rule(
    Severity.CRASH,
    fields=("datasets[].path", "datasets[].type", "test_datasets[].path", "pretraining_dataset[].path"),
    bad="datasets:\n  - type: alpaca\n",
    good="datasets:\n  - path: org/rows\n    type: alpaca\n",
)
def dataset_without_path(config: Config) -> Iterator[Problem]:
    """A dataset without `path`.

    Validation accepts this; then there is nothing to load, and loading fails.
    """
    for name in _LISTS:
        for index, entry in entries(config, name):
            if not entry.get("path") and entry.get("type") != "_synthetic" and entry:
                yield problem("There is no `path`, so loading the data fails. Add where the rows are.", (name, index))


@rule(
    Severity.WARNING,
    fields=("datasets[].path", "datasets[].data_files", "test_datasets", "streaming", "sample_packing"),
    bad="datasets:\n  - path: json\n    data_files: rows.jsonl\n    type: alpaca\n",
    good="datasets:\n  - path: rows.jsonl\n    ds_type: json\n    type: alpaca\n",
)
def format_as_path(config: Config) -> Iterator[Problem]:
    """`path: json` for a local file.

    In `datasets` the path is a file, a folder, or a repository on the Hub; "json" is looked up on the Hub first. Name
    the file as `path` and the format as `ds_type`. (Only `pretraining_dataset` expects the opposite.)
    """
    packed_stream = config.get("streaming") and config.get("sample_packing")  # read as pretraining data are
    for name in ("test_datasets",) if packed_stream else ("datasets", "test_datasets"):
        for index, entry in entries(config, name):
            if entry.get("path") in ("json", "csv", "parquet", "arrow", "text") and entry.get("data_files"):
                message = f"This is looked up on the Hub: write the file as `path`, with `ds_type: {entry['path']}`."
                yield problem(message, (name, index, "path"), (name, index, "data_files"))


@rule(
    Severity.WARNING,
    fields=("pretraining_dataset[].path", "pretraining_dataset[].data_files"),
    bad="pretraining_dataset:\n  - path: ./text.jsonl\nstreaming: true\nmax_steps: 100\n",
    good="pretraining_dataset:\n  - path: json\n    data_files: ./text.jsonl\nstreaming: true\nmax_steps: 100\n",
)
def pretraining_local_file(config: Config) -> Iterator[Problem]:
    """A local file as `path` of `pretraining_dataset`.

    The entry goes straight to the datasets library, which expects a format as the path and the file as `data_files`.
    """
    for index, entry in entries(config, "pretraining_dataset"):
        path = entry.get("path")
        if isinstance(path, str) and path.endswith((".json", ".jsonl", ".csv", ".parquet", ".txt")):
            kind = {"jsonl": "json", "txt": "text"}.get(path.rpartition(".")[2], path.rpartition(".")[2])
            message = f"Here, a file is read through its format: `path: {kind}` with `data_files`."
            yield problem(message, ("pretraining_dataset", index, "path"))
