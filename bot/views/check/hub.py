"""What the Hub says of a model and of datasets, a line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.hub import is_plain, short
from knowledge.parameters import size

if TYPE_CHECKING:
    from knowledge.hub import HubDataset, HubModel, HubReport

_COLUMNS = 6
_KINDS = {
    "adapter": "an adapter without its base model",
    "gguf": "GGUF files only",
    "encoder": "an encoder, which does not generate text",
    "diffusion": "an image generation model",
}
_STATUS = {
    "missing": "not public under this name on the Hub",
    "gated": "on the Hub, but gated: accept its terms to get its files",
    "disabled": "disabled on the Hub",
    "no-revision": "on the Hub, but not at this revision",
    "no-config": "on the Hub, but not in this configuration",
    "no-split": "on the Hub, but it has no such split",
    "unreachable": "the Hub did not answer in time",
    "invalid": "not a valid Hub name",
    "local": "a path, so not looked up",
    "off": "Hub lookups are turned off",
}


def hub_lines(report: HubReport | None) -> tuple[str, ...]:
    """A line for the model and each dataset that were found; nothing where nobody looked.

    Args:
        report: What was found.
    """
    if report is None:
        return ()
    found = [] if report.model is None or report.model.status not in ("found", "gated") else [model_line(report.model)]
    return (*found, *(dataset_line(each) for each in report.datasets if each.status == "found"))


def model_line(model: HubModel) -> str:
    """`org/name: LlamaForCausalLM, 1.24 billion parameters, ... (from the Hub, revision abc1234)`."""
    if model.status not in ("found", "gated"):
        return f"{model.id}: {_STATUS[model.status]}."
    words = [word for word in (model.architecture, _KINDS.get(model.kind)) if word and is_plain(word)]
    if model.params:
        words.append(f"{size(model.params)} parameters")
    if model.context_length:
        words.append(f"texts of up to {model.context_length:,} tokens")
    if model.chat_template is not None:
        words.append("a chat template" if model.chat_template else "no chat template")
    if model.quantized and is_plain(model.quantized):
        words.append(f"stored in {model.quantized}")
    if model.status == "gated":
        words.append("gated")
    return f"{model.id}: {', '.join(words) or 'found'} (from the Hub{_revision(model.revision)})."


def dataset_line(dataset: HubDataset) -> str:
    """`org/rows: 1,204 rows in train, columns a, b (from the Hub)`."""
    if dataset.status != "found":
        return f"{dataset.id}: {_STATUS[dataset.status]}."
    words = []
    if dataset.rows is not None:
        words.append(f"{dataset.rows:,} rows in {dataset.split}")
    names = [name for name in dataset.columns if is_plain(name)]
    if names:
        more = len(dataset.columns) - _COLUMNS
        words.append(f"columns {', '.join(names[:_COLUMNS])}{f' and {more} more' if more > 0 else ''}")
    return f"{dataset.id}: {', '.join(words) or 'found'} (from the Hub)."


def _revision(revision: str | None) -> str:
    return f", revision {short(revision)}" if revision else ""
