"""docs/schema/*.json: the published JSON Schemas of what the commands print with `--format json`."""

from __future__ import annotations

import json
from typing import Any

from bot.console.plan import json_of as plan_line
from knowledge.catalog import Explanation
from knowledge.check import Report
from knowledge.compare import Comparison
from knowledge.config import read
from knowledge.diagnosis import Diagnosis
from knowledge.duration import Cost, Duration
from knowledge.finding import Finding
from knowledge.json_values import schema_of
from knowledge.memory import MemoryEstimate
from knowledge.plan import TrainingPlan, make_plan
from knowledge.rule import whole
from knowledge.samples.report import Example

FOLDER = "docs/schema"
_PATH = {"type": "string", "description": "The path as it was given."}


def render_all() -> dict[str, str]:
    """Path -> schema."""
    schemas = {
        "report": _report(),
        "training-plan": _plan(),
        "memory-estimate": _published(MemoryEstimate, "`memory` in the lines of `helpbot check` and `helpbot plan`."),
        "explanation": _published(Explanation, "One line of `helpbot explain --format json`."),
        "diagnosis": _printed(Diagnosis, "One line of `helpbot diagnose --format json`."),
        "comparison": _printed(Comparison, "The line of `helpbot compare --format json`.", files=("a", "b")),
    }
    return {
        f"{FOLDER}/{name}.json": f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n"
        for name, schema in schemas.items()
    }


def _published(model: type, title: str) -> dict[str, Any]:
    schema = schema_of(model)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": model.__name__,
        "description": f"{title} {schema.get('description', '')}".strip(),
    }


def _printed(
    model: type, title: str, *, files: tuple[str, ...] = ("file",), drop: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The schema of a line: the model, the files it speaks of in front, without what is never printed."""
    schema = _published(model, title)
    kept = {name: each for name, each in schema["properties"].items() if name not in drop}
    schema["properties"] = {**dict.fromkeys(files, _PATH), **kept}
    optional = {*drop, "dataset"}
    schema["required"] = [*files, *(name for name in schema.get("required", ()) if name not in optional)]
    finding = schema.get("$defs", {}).get("Finding")
    if finding is not None:
        finding["required"] = [name for name in finding["required"] if name not in ("source", "row", "rows")]
    return schema


def _of_card() -> dict[str, Any]:
    """What a line adds for a card that was named."""
    return {
        "duration": {"anyOf": [{"$ref": "#/$defs/Duration"}, {"type": "null"}]},
        "fits": {"type": ["boolean", "null"], "description": "Whether the run fits the card that was named."},
        "cost": {"anyOf": [{"$ref": "#/$defs/Cost"}, {"type": "null"}]},
    }


def _report() -> dict[str, Any]:
    """The report's line, with the first rows, which only the command line prints."""
    schema = _printed(Report, "One line of `helpbot check --format json`.", drop=("secrets",))
    sample = schema["$defs"]["SampleReport"]
    example = schema_of(Example)
    schema["$defs"] |= example.pop("$defs")
    example["required"] = ["row"]
    schema["$defs"]["Example"] = example
    sample["properties"]["examples"] = {"type": "array", "items": {"$ref": "#/$defs/Example"}}
    sample["required"].append("examples")
    return schema


def _plan() -> dict[str, Any]:
    """The plan's line: the model, and what the command adds to it."""
    schema = _printed(TrainingPlan, "The line of `helpbot plan --format json`.")
    example = read(whole("hub_model_id: org/model\nsaves_per_epoch: 1\n"))
    line = plan_line("config.yaml", example, make_plan(example, rows=1000, mean_tokens=200), ())
    defs = schema.setdefault("$defs", {})
    for model in (MemoryEstimate, Finding, Duration, Cost):
        other = schema_of(model)
        defs |= other.pop("$defs", {})
        defs[model.__name__] = other
    defs["Finding"]["required"] = [
        name for name in defs["Finding"]["required"] if name not in ("source", "row", "rows")
    ]
    added = {
        "axolotl": {"type": "string", "description": "The release that the answer is for."},
        "memory": {"anyOf": [{"$ref": "#/$defs/MemoryEstimate"}, {"type": "null"}]},
        "findings": {"type": "array", "items": {"$ref": "#/$defs/Finding"}},
    }
    schema["required"] += list(added)
    added |= _of_card()
    sizes = {
        name: {"type": "number", "description": "Gigabytes (10^9 bytes)."} for name in line if name.endswith("_GB")
    }
    schema["properties"] |= added | sizes
    return schema
