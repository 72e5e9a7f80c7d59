"""Values of a wrong type, out of bounds, or no choice, with what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.document import join
from knowledge.finding import Edit, Finding, Severity, problem, stamp
from knowledge.pattern import expression
from knowledge.schema.edits import rename
from knowledge.schema.keys import names_beside
from knowledge.schema.spelling import meant
from knowledge.text import shortened

if TYPE_CHECKING:
    from knowledge.coercion import Wrong
    from knowledge.config import Config

_NUMBER = expression(r"[-+]?[0-9][0-9_.:eE+-]*")
_SHARES = {"warmup_steps": "warmup_ratio"}
"""Fields that count steps, each with the one for a share of the run."""
_LONGEST = 95
"""Characters of a message."""


def typing_finding(config: Config, wrong: Wrong) -> Finding:
    """What to write in place of a value that Axolotl's types refuse."""
    path, shown = join(wrong.steps), _shown(wrong.value)
    name = str(wrong.steps[-1])
    if wrong.kind == "missing":
        parent = join(wrong.steps[:-1])
        message = f"Missing `{name}` in `{parent}`: it is required there."
        return stamp(problem(message, path, why="It has no default."), "missing-field", Severity.ERROR, config.document)
    if wrong.kind == "extra":
        suggestion = meant(config, name, names_beside(config, wrong.steps))
        hint = f" Did you mean `{suggestion}`?" if suggestion else " Remove it."
        what = "block" if len(wrong.steps) > 1 else "file"
        message = f"Unknown key `{name}`: this {what} allows no other keys.{hint}"
        each = problem(message, wrong.steps, why="Axolotl rejects unknown keys here.")
        edit = rename(config, wrong.steps, suggestion)
        each = each._replace(suggestion=suggestion, edit=edit)
        return stamp(each, "unknown-key-refused", Severity.ERROR, config.document)
    if wrong.value is None and wrong.kind in ("type", "choice"):
        message = f"Blank where {wrong.expected} is expected. Write a value, or leave `{name}` out for its default."
        each = problem(message, wrong.steps, why="A blank is null in YAML, which this field does not accept.")
        return stamp(each, "wrong-type", Severity.ERROR, config.document)
    known = _unquoted_word(config, wrong) or _share_of_run(config, wrong)
    if known is not None:
        return known
    suggestion = None
    if wrong.kind == "choice" and isinstance(wrong.value, str):
        choices = [word for word in wrong.expected.replace("`", "").split(", ") if word]
        suggestion = meant(config, wrong.value, choices)
    hint = f" Did you mean `{suggestion}`?" if suggestion else ""
    head = f"Not {shown}: `{name}` accepts {'one of ' * (wrong.kind == 'choice' and ',' in wrong.expected)}"
    message = f"{head}{_fitting(wrong.expected, _LONGEST - len(head) - len(hint))}.{hint}"
    ids = {"choice": "not-a-choice", "type": "wrong-type", "bound": "out-of-bounds"}
    why = f"All choices: {wrong.expected}." if wrong.kind == "choice" else "Axolotl cannot turn the value into that."
    each = problem(message, wrong.steps, why=why)._replace(suggestion=suggestion)
    return stamp(each, ids[wrong.kind], Severity.ERROR, config.document)


def _unquoted_word(config: Config, wrong: Wrong) -> Finding | None:
    """A bare yes, 5 or 24:00:00 where text is expected: YAML has made it true or false, or a number."""
    marks = config.document.marks(wrong.steps)
    if not isinstance(wrong.value, (bool, int, float)) or wrong.expected != "text" or marks is None:
        return None
    mark, switch = marks[1], isinstance(wrong.value, bool)
    word = config.document.lines[mark.line][mark.column :].split("#")[0].strip()
    if len(word) > (5 if switch else 12) or not (word.isalpha() if switch else _NUMBER.fullmatch(word)):
        return None
    line, column = config.document.given(mark.line, mark.column)
    edit = Edit(line=line, column=column, end_line=line, end_column=column + len(word), replacement=f'"{word}"')
    shown = str(wrong.value).lower() if switch or ":" in word else "a number"
    message = f'Unquoted, `{word}` is {shown} in YAML, and `{wrong.steps[-1]}` expects text. Write `"{word}"`.'
    why = "reads yes, no, on, off, true, and false as switches" if switch else "reads bare digits as a number"
    why += ", and those with colons in base 60" if ":" in word else ""
    each = problem(message, wrong.steps, why=f"YAML 1.1 {why}.")
    return stamp(each._replace(edit=edit), "wrong-type", Severity.ERROR, config.document)


def _share_of_run(config: Config, wrong: Wrong) -> Finding | None:
    """A share such as 0.1 where steps are counted, as Transformers accepts it."""
    field = _SHARES.get(join(wrong.steps))
    if field is None or config.written(field) or not isinstance(wrong.value, float) or not 0 < wrong.value < 1:
        return None
    shown = f"{field}: {wrong.value}"
    message = f"Not whole steps: `{wrong.steps[-1]}` counts them. For that share of the run, write `{shown}`."
    why = "Transformers accepts a share of the run here, and Axolotl has its own field for it."
    each = problem(message, wrong.steps, why=why, suggestion=field, edit=rename(config, wrong.steps, field))
    return stamp(each, "wrong-type", Severity.ERROR, config.document)


def _fitting(words: str, room: int) -> str:
    """As many words of a list as there is room for."""
    return words if len(words) < room else f"{words[: max(room - 3, 20)].rpartition(',')[0]} …"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{shortened(str(value), 24)}`".replace("\n", " ")
