"""Which entry of the config a sample belongs to, which reader Axolotl takes for its file, and what its `type` means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from knowledge.samples.kinds import PREFERENCE, Kind, kind_named, kind_reading

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.samples.issues import Issues

_READERS = {".parquet": "parquet", ".arrow": "arrow", ".csv": "csv", ".txt": "text"}
_BY_NAME = {**_READERS, ".tsv": "tsv"}
_FORMS = {"json": "json", "csv": "csv", "text": "text", "parquet": "parquet", "arrow": "arrow"}
_TOKENS = frozenset({"input_ids", "attention_mask", "labels"})
"""Columns of rows that hold tokens already."""
_DATA_FILE = re.compile(r"\.(jsonl?|csv|tsv|txt|parquet|arrow|md|yaml|yml)(\.(gz|zst|xz|bz2))?$")
_STYLED = {"explainchoice", "jeopardy", "oasst", "gpteacher", "alpaca"}
_LOOSE = {"concisechoice", "summarizetldr", "reflection"}
_LOADERS = ("alpaca_chat", "alpaca_instruct", "alpaca_w_system", "context_qa", "creative_acr")
_KNOWN_HEADS = frozenset(
    [
        "alpaca",
        "alpaca_chat",
        "alpaca_instruct",
        "alpaca_w_system",
        "chat_template",
        "completion",
        "context_qa",
        "creative_acr",
        "explainchoice",
        "concisechoice",
        "gpteacher",
        "input_output",
        "jeopardy",
        "llama2_chat",
        "messages",
        "metharme",
        "oasst",
        "orcamini",
        "pretrain",
        "pygmalion",
        "reflection",
        "stepwise_supervised",
        "summarizetldr",
        "user_defined",
        "chatml",
        "llama3",
        "sharegpt",
        "bradley_terry",
        "dpo",
        "ipo",
        "orpo",
        "kto",
        "simpo",
        "ebft",
    ]
)


@dataclass(slots=True)
class Entry:
    """One dataset of a config.

    Attributes:
        values: the typed entry, without the keys that fall away.
        written: the entry as it stands in the text.
        path: where it stands, such as "datasets[0]".
        rl: the value of `rl`, "" without.
        by_name: whether the sample's file name matched.
        others: how many other datasets the config has.
    """

    values: dict[str, Any]
    written: dict[str, Any]
    path: str
    rl: str
    by_name: bool = True
    others: int = 0

    def get(self, key: str) -> Any:
        """The value of a dataset key; "type.field_x" looks into a mapping under `type`."""
        if key.startswith("type."):
            kind = self.values.get("type")
            return kind.get(key[5:]) if isinstance(kind, dict) else None
        return self.values.get(key)

    @property
    def message_keys(self) -> dict[Any, Any]:
        """`message_property_mappings`; empty where it is not a mapping, which Axolotl refuses before it reads rows."""
        given = self.values.get("message_property_mappings")
        return given if isinstance(given, dict) else {}

    @property
    def streamed(self) -> bool:
        """Whether it stands under `pretraining_dataset`."""
        return self.path.startswith("pretraining_dataset")


def choose_entry(config: Config, name: str) -> Entry | None:
    """The entry that a sample belongs to: the one whose file has its name, else the first; None without any."""
    rl = str(config.get("rl") or "")
    entries: list[tuple[str, Any, Any]] = []
    for root, typed in (
        ("pretraining_dataset", config.pretraining[:1]),
        ("datasets", config.datasets),
        ("test_datasets", config.test_datasets),
    ):
        written = config.raw(root)
        for index, values in enumerate(typed):
            raw = written[index] if isinstance(written, list) and index < len(written) else {}
            entries.append((f"{root}[{index}]", values, plain(raw) if isinstance(raw, dict) else {}))
    if not entries:
        return None
    short = PurePosixPath(name.replace("\\", "/")).name
    for path, values, raw in entries:
        if name == path or short in _files(values):
            return Entry(values, raw, path, rl, by_name=True, others=len(entries) - 1)
    path, values, raw = entries[0]
    return Entry(values, raw, path, rl, by_name=False, others=len(entries) - 1)


def plain(value: Any) -> Any:
    """A value of the document as Python's own dict and list."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _files(values: dict[str, Any]) -> set[str]:
    files = values.get("data_files")
    names = [values.get("path"), *(files if isinstance(files, list) else [files])]
    return {PurePosixPath(name).name for name in names if isinstance(name, str)}


def file_form(entry: Entry | None, name: str, issues: Issues) -> str:
    """The reader for the sample's file: by `ds_type`, else by what stands in `path`, as Axolotl chooses it."""
    suffix = next((form for end, form in _BY_NAME.items() if name.lower().endswith(end)), "json")
    if entry is None:
        return suffix
    path = str(entry.get("path") or "")
    files = entry.get("data_files")
    chosen = entry.get("ds_type")
    if isinstance(chosen, str):
        if chosen not in _FORMS and not entry.streamed:
            issues.add("rows-reader-unknown", None, chosen)
        return _FORMS.get(chosen, suffix)
    if path in _FORMS and files:
        if not entry.streamed:
            issues.add("rows-reader-as-path", None, path)
        return _FORMS[path]
    if entry.streamed:
        if _DATA_FILE.search(path) and not files:
            issues.add("rows-streamed-file", None, path)
        return suffix
    if not _DATA_FILE.search(path):
        return suffix
    form = next((form for end, form in _READERS.items() if end in path), "json")
    if form != file_reader(path):
        issues.add("rows-reader-by-name", None, form)
    return form


def file_reader(path: str) -> str:
    """The reader that the end of a file's name stands for."""
    return next((form for end, form in _READERS.items() if path.endswith(end)), "json")


def check_split(entry: Entry, issues: Issues) -> None:
    """A single local file has the split train and no other."""
    split = entry.get("split")
    path = str(entry.get("path") or "")
    local = bool(_DATA_FILE.search(path)) and not path.startswith(("http://", "https://", "s3://", "gs://", "hf://"))
    if isinstance(split, str) and local and re.split(r"[\[+]", split)[0].strip() != "train":
        issues.add("rows-split", None, split)


def resolve_kind(entry: Entry, columns: dict[str, None], config: Config, issues: Issues) -> Kind | None:
    """The type of an entry, or None where its `type` means nothing; what is wrong with it goes to `issues`."""
    kind: Any = entry.get("type")
    rl = entry.rl
    if entry.streamed:
        if kind in (None, "pretrain") or not config.get("sample_packing"):
            return kind_named("pretrain")
        rl = ""
    if rl in ("grpo", "gdpo"):
        return None
    if rl in PREFERENCE:
        return _preference(kind, rl, issues)
    lost = _TOKENS - columns.keys()
    if not lost:
        return kind_reading("tokenized")
    if len(lost) == 1:
        issues.add("rows-tokens-incomplete", None, *lost)
    if isinstance(kind, dict):
        return kind_reading("mapping")
    if not isinstance(kind, str):
        issues.add("rows-type-missing", None)
        return None
    if kind.startswith("sharegpt"):
        issues.add("rows-type-removed", None, kind)
        return None
    return _supervised(kind, columns, issues)


def _supervised(kind: str, columns: dict[str, None], issues: Issues) -> Kind | None:
    plain = kind.removesuffix(".load") if kind.removesuffix(".load") not in ("creative_acr",) else kind
    found = kind_named(plain)
    if found is not None:
        return found
    head, _, style = kind.partition(":")
    if style and head in _LOOSE:
        return kind_named(head)
    if style and head in _STYLED:
        if style in ("instruct", "chat", "chatml", "phi") and (head != "alpaca" or kind_named(kind)):
            return kind_named(head)
        issues.add("rows-type-style", None, head, style)
        return None
    paired = {"chosen", "rejected", "label"} & columns.keys() or "." in kind
    if paired and any(kind_named(kind, rl) for rl in PREFERENCE):
        issues.add("rows-rl-missing", None, kind)
        return None
    if kind.split(".")[0] not in _KNOWN_HEADS and "." in kind and ":" not in kind:
        issues.add("rows-type-own", None, kind)
        return None
    issues.add("rows-type-unknown", None, kind)
    return None


def _preference(kind: Any, rl: str, issues: Issues) -> Kind | None:
    if not kind:
        if rl in ("dpo", "ipo", "simpo", "orpo"):
            return kind_reading("as_is")
        return kind_reading("judged_as_is") if rl == "kto" else None
    if isinstance(kind, dict):
        if rl in ("dpo", "ipo", "simpo"):
            return kind_reading("pair_mapping")
        if rl == "kto":
            return kind_reading("judged_mapping")
        issues.add("rows-type-unknown", None, "a mapping")
        return None
    found = kind_named(str(kind), rl)
    if found is None:
        issues.add("rows-type-unknown", None, str(kind))
    return found
