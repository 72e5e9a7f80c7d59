"""docs/fields.md: every field of Axolotl's config by area, and the ideas behind them, from the catalog."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.catalog import Catalog
from knowledge.catalog.labels import effects

if TYPE_CHECKING:
    from knowledge.catalog import Field, Note

PATH = "docs/fields.md"

AREAS = {
    "model": "The model",
    "tokenizer": "Tokenizer and chat template",
    "datasets": "Datasets",
    "test_sets": "Entries of `test_datasets` that differ",
    "streaming": "Streaming",
    "pretraining": "Entries of `pretraining_dataset`",
    "attention": "Attention and sample packing",
    "batch": "Batch",
    "schedule": "Learning rate and length of the run",
    "saving": "Saving, evaluation and the hub",
    "precision": "Number formats, compiling and losses",
    "checkpointing": "Gradient checkpointing and offloading",
    "adapters": "LoRA and other adapters",
    "quantization": "Quantization",
    "optimizers": "Optimizers",
    "sharding": "Several GPUs",
    "preference": "Preference and reinforcement learning",
    "tracking": "Logging and experiment tracking",
    "diffusion": "Diffusion language models",
    "plugins": "Plugins",
    "runtime": "The run's surroundings",
}
"""The files of knowledge/fields in reading order, with the headings of their chapters."""


def render() -> str:
    """The page."""
    catalog = Catalog.load()
    chapters = {area: _paths(area) for area in AREAS}
    lines = [
        "# Fields",
        "",
        _introduction(catalog),
        "",
        *(f"- [{title}](#{anchor(title)})" for area, title in AREAS.items() if chapters[area]),
        "- [Ideas](#ideas)",
        "",
    ]
    for area, title in AREAS.items():
        if chapters[area]:
            lines += [f"## {title}", "", *(line for path in chapters[area] for line in _entry(catalog, path))]
    lines += ["## Ideas", ""]
    for name, note in catalog.concepts.items():
        lines += [f"### {name[:1].upper()}{name[1:]}", "", note.summary, ""]
        lines += [note.text.strip(), ""] if note.text else []
        lines += _see(note)
    return "\n".join(lines).rstrip() + "\n"


def _introduction(catalog: Catalog) -> str:
    return (
        f"What every field of Axolotl {catalog.axolotl} does to a run: {len(catalog.notes)} paths, generated from "
        "`knowledge/facts` and `knowledge/fields` by `scripts/write_docs.py`. `helpbot explain NAME` and `/explain` "
        "say the same, and search for names from other trainers too."
    )


def _paths(area: str) -> list[str]:
    file = resources.files("knowledge") / "fields" / f"{area}.yaml"
    if not file.is_file():
        return []
    notes: dict[str, Any] = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader) or {}
    return list(notes)


def _entry(catalog: Catalog, path: str) -> list[str]:
    field, note = catalog.fields[path], catalog.notes[path]
    lines = [f"### `{path}`", "", " · ".join(_facts(field, note)), "", note.summary, ""]
    told = (
        *effects(field.type, note),
        ("Where it works", note.modes.sentence),
        ("Costs", note.costs),
        ("Watch out", note.pitfalls),
    )
    lines += [f"- **{label}** {text}" for label, text in told if text]
    if note.also:
        lines.append(f"- **Also** {', '.join(f'`{each}`' for each in note.also)}")
    if lines[-1]:
        lines.append("")
    if note.example:
        lines += ["```yaml", note.example.rstrip("\n"), "```", ""]
    return [*lines, *_see(note)]


def _facts(field: Field, note: Note) -> list[str]:
    facts = [field.type]
    if field.required:
        facts.append("required")
    elif field.default is not None:
        facts.append(_default(field.default))
    elif not note.left_out:
        facts.append("no default")
    if field.choices:
        facts.append(f"one of {', '.join(f'`{each}`' for each in field.choices)}{' or others' * field.open_choices}")
    if field.bounds:
        facts.append(field.bounds)
    if field.plugin:
        facts.append(f"needs `{field.plugin}`")
    if field.since:
        facts.append(f"since Axolotl {field.since}")
    if field.deprecated:
        facts.append(f"deprecated: use `{field.replaced_by}`" if field.replaced_by else "deprecated")
    return facts


def _default(value: Any) -> str:
    return "a block with defaults" if isinstance(value, dict) and value else f"default `{json.dumps(value)}`"


def _see(note: Note) -> list[str]:
    return [f"See {', '.join(f'`{each}`' for each in note.see)}.", ""] if note.see else []


def anchor(title: str) -> str:
    """What GitHub makes of a heading in a link."""
    return "".join(letter for letter in title.lower().replace(" ", "-") if letter.isalnum() or letter == "-")
