"""Streaming and pretraining data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import entries
from knowledge.config import load_types
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

_READ = ("path", "name", "split", "skip", "data_files", "type", "text_column")
"""What Axolotl hands on of an entry of `pretraining_dataset` (`_extract_pretraining_config`)."""
_UNREAD = frozenset(load_types().models["SFTDataset"]["fields"]) - frozenset(_READ)
"""The keys that its type accepts and nothing reads there."""
TESTED = "streaming: true\nmax_steps: 100\ntest_datasets:\n  - path: org/test\n    type: completion\n"
STREAM = "pretraining_dataset:\n  - path: org/text\nstreaming: true\n"


@rule(
    Severity.WARNING,
    fields=("pretraining_dataset", "streaming"),
    says="Setting `pretraining_dataset` without explicitly setting `streaming:",
    bad="pretraining_dataset:\n  - path: org/text\nmax_steps: 100\n",
    good=f"{STREAM}max_steps: 100\n",
)
def streaming_implied(config: Config) -> Iterator[Problem]:
    """`pretraining_dataset` without `streaming: true`.

    Today it streams by default; Axolotl announces that this will change.
    """
    now = config.at("check_pretraining_streaming_deprecation")
    if now("pretraining_dataset") and not now("streaming"):
        if config.raw("streaming") is False:
            message = "Does nothing: `pretraining_dataset` streams anyway. Write `streaming: true`, or remove it."
            yield problem(message, "streaming", "pretraining_dataset")
            return
        yield problem("Streams by default for now; add `streaming: true` so it stays that way.", "pretraining_dataset")


@rule(
    Severity.ERROR,
    fields=("pretraining_dataset", "max_steps"),
    says="max_steps must be set when using iterable pretraining_dataset",
    bad=STREAM,
    good=f"{STREAM}max_steps: 100\n",
)
def pretraining_without_steps(config: Config) -> Iterator[Problem]:
    """`pretraining_dataset` without `max_steps`.

    A stream has no known end, so you must give the number of steps.
    """
    now = config.at("check_pretraining_w_max_steps")
    if now("pretraining_dataset") and not now("max_steps"):
        yield problem("A stream has no known end: add `max_steps`.", "pretraining_dataset")


@rule(
    Severity.ERROR,
    fields=("streaming", "max_steps", "pretraining_dataset"),
    says="max_steps must be set when using streaming datasets",
    bad="streaming: true\n",
    good="streaming: true\nmax_steps: 100\n",
)
def streaming_without_steps(config: Config) -> Iterator[Problem]:
    """`streaming` without `max_steps`.

    A stream has no known end, so you must give the number of steps.
    """
    now = config.at("check_streaming_w_max_steps")
    if now("streaming") and not now("max_steps") and not config.raw("pretraining_dataset"):
        yield problem("A stream has no known end: add `max_steps`.", "streaming")


@rule(
    Severity.WARNING,
    fields=("pretraining_dataset", "group_by_length"),
    says="You probably want to disable group_by_length",
    bad=f"{STREAM}max_steps: 100\ngroup_by_length: true\n",
    good=f"{STREAM}max_steps: 100\n",
)
def pretraining_grouped(config: Config) -> Iterator[Problem]:
    """`group_by_length` with `pretraining_dataset`.

    Rows can be sorted by length only when all of them are available, which is not the case for a stream.
    """
    now = config.at("check_pretraining_w_group_by_length")
    if now("pretraining_dataset") and now("group_by_length"):
        yield problem(
            "Sorting needs the whole dataset, which a stream does not provide: remove this.", "group_by_length"
        )


@rule(
    Severity.ERROR,
    fields=("pretraining_dataset", "val_set_size"),
    needs=("pretraining_dataset",),
    says="val_set_size is not supported with pretraining_dataset",
    bad=f"{STREAM}max_steps: 100\nval_set_size: 0.1\n",
    good=f"{STREAM}max_steps: 100\n",
)
def pretraining_held_out(config: Config) -> Iterator[Problem]:
    """`val_set_size` with `pretraining_dataset`.

    Rows cannot be held out of a stream: name `test_datasets`.
    """
    now = config.at("check_pretraining_w_val_set_size")
    if now("pretraining_dataset") and now("val_set_size"):
        yield problem(
            "Rows cannot be held out of a stream: name `test_datasets`.", "val_set_size", "pretraining_dataset"
        )


@rule(
    Severity.ERROR,
    fields=("streaming", "val_set_size", "pretraining_dataset"),
    needs=("streaming",),
    says="val_set_size is not supported with streaming datasets",
    bad="streaming: true\nmax_steps: 100\nval_set_size: 0.1\n",
    good="streaming: true\nmax_steps: 100\n",
)
def streaming_held_out(config: Config) -> Iterator[Problem]:
    """`val_set_size` with `streaming`.

    Rows cannot be held out of a stream: name `test_datasets`.
    """
    now = config.at("check_streaming_w_val_set_size")
    if now("streaming") and now("val_set_size") and not config.raw("pretraining_dataset"):
        yield problem("Rows cannot be held out of a stream: name `test_datasets`.", "val_set_size", "streaming")


@rule(
    Severity.ERROR,
    fields=("pretraining_dataset", "include_tokens_per_second"),
    says="pretraining_dataset and include_tokens_per_second cannot be used together",
    bad=f"{STREAM}max_steps: 100\ninclude_tokens_per_second: true\n",
    good=f"{STREAM}max_steps: 100\n",
)
def pretraining_tokens_per_second(config: Config) -> Iterator[Problem]:
    """`include_tokens_per_second` with `pretraining_dataset`.

    Counting needs all rows, which a stream does not have.
    """
    now = config.at("pretrain_with_tps")
    if now("pretraining_dataset") and now("include_tokens_per_second"):
        yield problem("A stream cannot be counted: remove this.", "include_tokens_per_second", "pretraining_dataset")


@rule(
    Severity.ERROR,
    fields=("streaming", "sample_packing", "datasets"),
    needs=("streaming",),
    says="Sample packing with multiple streaming datasets is not yet supported",
    bad="streaming: true\nmax_steps: 100\nsample_packing: true\nattn_implementation: flash_attention_2\n"
    "datasets:\n  - path: org/a\n    type: alpaca\n  - path: org/b\n    type: alpaca\n",
    good="streaming: true\nmax_steps: 100\nsample_packing: true\nattn_implementation: flash_attention_2\n",
)
def streaming_several_packed(config: Config) -> Iterator[Problem]:
    """`sample_packing` with several streamed datasets.

    Packing works on one stream only.
    """
    now = config.at("check_streaming_w_multiple_datasets")
    entries = now("datasets")
    if now("streaming") and now("sample_packing") and isinstance(entries, list) and len(entries) > 1:
        yield problem(
            "Packing works on one stream only: keep one dataset, or remove packing.", "sample_packing", "datasets"
        )


@rule(
    Severity.WARNING,
    fields=("streaming", "datasets[].weight"),
    needs=("streaming",),
    says="Dataset weight is not supported with streaming",
    bad="streaming: true\nmax_steps: 100\ndatasets:\n  - path: org/rows\n    type: alpaca\n    weight: 0.5\n",
    good="streaming: true\nmax_steps: 100\n",
)
def streaming_weight(config: Config) -> Iterator[Problem]:
    """A dataset's `weight` with `streaming`.

    Weights need the number of rows; with streaming, they are ignored.
    """
    if config.raw("streaming"):
        for index, entry in enumerate(config.datasets):
            weight = entry.get("weight")
            if isinstance(weight, float) and weight < 1:
                yield problem("Ignored when streaming: remove it.", ("datasets", index, "weight"), "streaming")


@rule(
    Severity.ERROR,
    fields=("pretrain_multipack_buffer_size", "streaming_multipack_buffer_size"),
    says="pretrain_multipack_buffer_size is deprecated, use streaming_multipack_buffer_size; both are set",
    bad="streaming: true\nmax_steps: 100\nsample_packing: true\nattn_implementation: flash_attention_2\n"
    "pretrain_multipack_buffer_size: 1000\nstreaming_multipack_buffer_size: 1000\n",
    good="streaming: true\nmax_steps: 100\nsample_packing: true\nattn_implementation: flash_attention_2\n"
    "streaming_multipack_buffer_size: 1000\n",
)
def buffer_twice(config: Config) -> Iterator[Problem]:
    """The packing buffer is set under both its old and its new name.

    Axolotl accepts only one.
    """
    now = config.at("check_multipack_buffer_size")
    if now("pretrain_multipack_buffer_size") and now("streaming_multipack_buffer_size"):
        message = "Both set the same buffer: keep `streaming_multipack_buffer_size`."
        yield problem(message, "pretrain_multipack_buffer_size", "streaming_multipack_buffer_size")


@rule(
    Severity.WARNING,
    fields=("pretrain_multipack_buffer_size", "streaming_multipack_buffer_size"),
    says="`pretrain_multipack_buffer_size` is deprecated",
    bad="streaming: true\nmax_steps: 100\nsample_packing: true\nattn_implementation: flash_attention_2\n"
    "pretrain_multipack_buffer_size: 1000\n",
    good="streaming: true\nmax_steps: 100\nsample_packing: true\nattn_implementation: flash_attention_2\n"
    "streaming_multipack_buffer_size: 1000\n",
)
def buffer_old_name(config: Config) -> Iterator[Problem]:
    """`pretrain_multipack_buffer_size` is the old name of `streaming_multipack_buffer_size`.

    Its value is still moved there.
    """
    if config.raw("pretrain_multipack_buffer_size") and not config.raw("streaming_multipack_buffer_size"):
        message = "The new name is `streaming_multipack_buffer_size`; the old one still works. Rename it."
        yield problem(message, "pretrain_multipack_buffer_size", suggestion="streaming_multipack_buffer_size")


@rule(
    Severity.WARNING,
    fields=("pretraining_dataset",),
    bad="streaming: true\nmax_steps: 100\npretraining_dataset:\n  - path: org/text\n  - path: org/more\n",
    good=f"{STREAM}max_steps: 100\n",
)
def pretraining_only_first(config: Config) -> Iterator[Problem]:
    """More than one entry in `pretraining_dataset`.

    Only the first is ever used.
    """
    entries = config.raw("pretraining_dataset")
    if isinstance(entries, list) and len(entries) > 1:
        yield problem(
            "Never used: only the first entry of `pretraining_dataset` is read. Remove it.", ("pretraining_dataset", 1)
        )


@rule(
    Severity.IGNORED,
    fields=("pretraining_dataset", *(f"pretraining_dataset[].{key}" for key in sorted(_UNREAD))),
    bad="streaming: true\nmax_steps: 100\npretraining_dataset:\n  - path: org/text\n    field: body\n",
    good="streaming: true\nmax_steps: 100\npretraining_dataset:\n  - path: org/text\n    text_column: body\n",
)
def not_read_in_pretraining_dataset(config: Config) -> Iterator[Problem]:
    """A key of `pretraining_dataset` that only `datasets` reads.

    Axolotl uses only an entry's `path`, `name`, `split`, `skip`, `data_files`, `type`, and `text_column`. Remove the
    others, or move the entry to `datasets`, with `streaming: true` if it is large.
    """
    for index, entry in entries(config, "pretraining_dataset"):
        for key in entry:
            if key in _UNREAD and entry[key] not in (None, False):
                cure = "use `text_column`." if key == "field" else "remove it, or move the entry to `datasets`."
                yield problem(f"Nothing reads `{key}` here: {cure}", ("pretraining_dataset", index, key))


@rule(
    Severity.IGNORED,
    fields=("pretraining_dataset", "pretraining_dataset[].type", "sample_packing"),
    needs=("pretraining_dataset",),
    bad="streaming: true\nmax_steps: 100\npretraining_dataset:\n  - path: org/text\n    type: completion\n",
    good=f"{STREAM}max_steps: 100\n",
)
def type_of_unpacked_pretraining(config: Config) -> Iterator[Problem]:
    """The `type` of `pretraining_dataset` without `sample_packing`.

    Without packing, Axolotl tokenizes one column of the stream as plain text, `text` unless `text_column` names
    another, and never looks at the type. With `sample_packing: true` the type is read.
    """
    if config.typed("sample_packing"):
        return
    for index, entry in entries(config, "pretraining_dataset"):
        if index == 0 and entry.get("type") not in (None, "", "pretrain"):
            message = "Nothing reads `type` here without `sample_packing`: only the text column is trained. Remove it."
            yield problem(message, ("pretraining_dataset", 0, "type"))


@rule(
    Severity.WARNING,
    fields=("test_datasets", "streaming", "pretraining_dataset", "sample_packing"),
    needs=("test_datasets", "streaming"),
    bad=f"{TESTED}attn_implementation: flash_attention_2\n",
    good=f"{TESTED}attn_implementation: flash_attention_2\nsample_packing: true\n",
)
def test_set_never_loaded(config: Config) -> Iterator[Problem]:
    """`test_datasets` next to `datasets` that are streamed without packing.

    Axolotl passes the stream on before it looks at the test set, so nothing is evaluated. Packed streams and
    `pretraining_dataset` do load it.
    """
    asked = config.get("test_datasets") and config.get("streaming")
    if asked and not config.get("pretraining_dataset") and not config.get("sample_packing"):
        yield problem(
            "Never loaded: `datasets` is streamed without packing. Add `sample_packing: true`.", "test_datasets"
        )
