"""What the facts say of a file for `axolotl train --cloud`: that it is one, names and types."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from knowledge.coercion import Wrong
from knowledge.document import MAX_FINDINGS
from knowledge.finding import Finding, Severity, problem, stamp
from knowledge.schema.keys import keys_inside, unknown
from knowledge.schema.values import typing_finding

if TYPE_CHECKING:
    from knowledge.config import Config, Launcher


def launcher_findings(config: Config, launcher: Launcher) -> list[Finding]:
    """What the facts say of a file for `axolotl train --cloud`: that it is one, names and types."""
    found = [_is_launcher(config, launcher)]
    for key, field in launcher.fields.items():
        if field.get("required") and key not in config.values:
            message = f"Missing `{key}`: every launcher file for {_provider(launcher)} needs it. Add it."
            each = problem(message, key, why="It has no default.")
            found.append(stamp(each, "missing-field", Severity.ERROR, config.document))
    for key, value in config.values.items():
        if len(found) > MAX_FINDINGS:
            break
        if key in launcher.fields:
            found += [typing_finding(config, each) for each in config.wrong(key)[: MAX_FINDINGS + 1]]
            found += islice(keys_inside(config, launcher.fields[key]["type"], value, (key,)), MAX_FINDINGS + 1)
        elif launcher.closed:
            found.append(typing_finding(config, Wrong((key,), "extra", "no such key", value)))
        elif launcher.provider is not None:
            found.append(unknown(config, (key,), list(launcher.fields)))
    return found


def _is_launcher(config: Config, launcher: Launcher) -> Finding:
    how = f"checked for {_provider(launcher)}" if launcher.provider else "not checked any further"
    message = f"This is a cloud launcher file, {how}. The training config is the other YAML: give it too."
    why = (
        "`axolotl train config.yaml --cloud cloud.yaml` takes both: this one says where to train, the other what to "
        "train."
    )
    first = "provider" if "provider" in config.values else next(iter(config.values))
    return stamp(problem(message, (first,), why=why), "not-a-training-config", Severity.ADVICE, config.document)


def _provider(launcher: Launcher) -> str:
    """Axolotl's own cloud providers as they write themselves."""
    name = launcher.provider or ""
    return "CoreWeave" if name == "coreweave" else name.capitalize()
