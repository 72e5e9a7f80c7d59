"""Regenerate knowledge/samples/templates.json: what Axolotl's own chat templates do with a conversation.

    python scripts/sync_templates.py AXOLOTL_FOLDER

AXOLOTL_FOLDER is an unpacked Axolotl. Every template is rendered
with small conversations; what is kept are facts (what it prints around a turn, what it refuses), not its text.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

# Not installed with the product: only who renews the facts needs it.
jinja: Any = importlib.import_module("jinja2")
extensions: Any = importlib.import_module("jinja2.ext")
sandbox: Any = importlib.import_module("jinja2.sandbox")

TARGET = Path(__file__).resolve().parents[1] / "knowledge" / "samples" / "templates.json"
SPECIAL = re.compile(r"<[^<>\s'\"{}]{1,40}>|\[/?[A-Z_]{2,30}\]|\[\|[a-z]+\|\]")
KEYS = ("tool_calls", "reasoning_content", "name", "tool_call_id", "thinking", "images", "weight")
BOS, EOS = "<bos-token>", "<eos-token>"


def _generation() -> Any:
    """The tag that marks what an assistant generates, as transformers knows it; its body is printed."""

    def parse(_: Any, parser: Any) -> Any:
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    return type("Generation", (extensions.Extension,), {"tags": {"generation"}, "parse": parse})


class Template:
    """One template, rendered as a tokenizer does."""

    def __init__(self, text: str) -> None:
        self.text = text
        environment = sandbox.ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[_generation(), extensions.loopcontrols]
        )
        environment.filters["tojson"] = lambda value, **_: json.dumps(value)
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = lambda _: "01 Jan 2026"
        self.template: Any = environment.from_string(text)

    def render(self, *messages: dict[str, Any], tools: Any = None, bos: str | None = BOS) -> str | None:
        """The text, or None where the template refuses."""
        try:
            text: str = self.template.render(
                messages=json.loads(json.dumps(messages)),
                tools=tools,
                documents=None,
                add_generation_prompt=False,
                **({} if bos is None else {"bos_token": bos}),
                eos_token=EOS,
            )
        except (jinja.TemplateError, TypeError, AttributeError, KeyError, ValueError):
            return None
        return text


def _refuse(message: str) -> None:
    raise jinja.TemplateError(message)


def turn(role: str, content: Any = None, **rest: Any) -> dict[str, Any]:
    """A message; without content when None is given."""
    return {"role": role, **({} if content is None else {"content": content}), **rest}


USER, ANSWER, SYSTEM, TOOL = (
    turn("user", "UUUU"),
    turn("assistant", "AAAA"),
    turn("system", "SSSS"),
    turn("tool", "TTTT"),
)
CALL = turn(
    "assistant",
    tool_calls=[{"type": "function", "id": "call12345", "function": {"name": "ff", "arguments": {"xx": 1}}}],
)
RESULT = turn("tool", "TTTT", tool_call_id="call12345", name="ff")


def facts(template: Template) -> dict[str, Any]:
    """Everything the checks ask about one template."""
    render = template.render
    plain = render(USER, ANSWER) or ""
    found: dict[str, Any] = {
        "bos": BOS in plain,
        "eos_named": "eos_token" in template.text,
        "specials": sorted(set(SPECIAL.findall(template.text))),
        "lead": max(plain.find("UUUU") - 40, 0),
        "around": {
            "user": _around(plain, "UUUU", "AAAA"),
            "assistant": _around(plain, "AAAA", None, after="UUUU"),
        },
        "keys": [key for key in KEYS if re.search(rf"[.'\"]{key}\b", template.text)],
    }
    found["around"]["system"] = _around(render(SYSTEM, USER, ANSWER) or "", "SSSS", "UUUU")
    found["around"]["tool"] = _around(
        render(USER, ANSWER, TOOL, turn("assistant", "BBBB")) or "", "TTTT", "BBBB", after="AAAA"
    )
    found["around"]["other"] = _around(
        render(USER, ANSWER, turn("zzzz", "FFFF"), turn("assistant", "BBBB")) or "", "FFFF", "BBBB", after="AAAA"
    )
    found["refuses"] = [name for name, told in _refusals(render).items() if told]
    found["trims"] = "AAAA " not in (render(USER, turn("assistant", " AAAA ")) or "AAAA ")
    called = render(USER, CALL, RESULT, turn("assistant", "BBBB"))
    found["prints_calls"] = bool(called and "ff" in called and "xx" in called)
    found["prints_thoughts"] = "RRRR" in (render(USER, turn("assistant", "AAAA", reasoning_content="RRRR")) or "")
    return found


def _around(text: str, word: str, following: str | None, after: str = "") -> list[str] | None:
    """What stands between the neighbors and the word: [before, behind]; None where the word is not printed."""
    at = text.find(word)
    if at < 0:
        return None
    start = text.find(after) + len(after) if after else 0
    behind = text.find(following, at) if following else len(text)
    between = text[at + len(word) : behind if behind >= 0 else len(text)]
    before = text[start:at][-60:]
    marks = [match.start() for match in SPECIAL.finditer(before)]
    if len(text[start:at]) > 60 and marks:
        before = before[marks[0] :]
    return [before if len(before) < 60 or marks else "", between[:80]]


def _refusals(render: Any) -> dict[str, bool]:
    """What the template refuses by raising; names are the ones that knowledge/samples/templates.py reads."""
    second = turn("user", "VVVV"), turn("assistant", "BBBB")
    return {
        "system": render(SYSTEM, USER, ANSWER) is None,
        "later-system": render(USER, SYSTEM, ANSWER) is None and render(USER, ANSWER, SYSTEM, *second) is None,
        "second-system": render(SYSTEM, SYSTEM, USER, ANSWER) is None,
        "tool": render(USER, CALL, RESULT, turn("assistant", "BBBB")) is None
        and render(USER, turn("assistant", "AAAA", tool_calls=CALL["tool_calls"]), RESULT, turn("assistant", "BBBB"))
        is None,
        "tool-without-call": render(USER, ANSWER, TOOL, turn("assistant", "BBBB")) is None,
        "other": render(USER, turn("zzzz", "AAAA"), *second) is None
        and render(USER, ANSWER, turn("zzzz", "FFFF"), *second) is None,
        "other-third": render(USER, ANSWER, turn("zzzz", "FFFF"), turn("assistant", "BBBB")) is None,
        "user-user": render(USER, turn("user", "VVVV"), ANSWER) is None,
        "assistant-assistant": render(USER, ANSWER, turn("assistant", "BBBB")) is None,
        "assistant-first": render(ANSWER, *second) is None,
        "only-system": render(SYSTEM) is None,
        "only-user": render(USER) is None,
        "missing-user": render(turn("user"), ANSWER) is None,
        "missing-assistant": render(USER, turn("assistant")) is None,
        "missing-system": render(turn("system"), USER, ANSWER) is None,
        "missing-call": render(USER, CALL) is None,
        "tool-answer": render(USER, ANSWER, RESULT, turn("assistant", "BBBB")) is None,
        "no-bos": render(USER, ANSWER, bos=None) is None,
        "null-system": render({"role": "system", "content": None}, USER, ANSWER) is None,
        "number-user": render(turn("user", 5), ANSWER) is None,
        "number-assistant": render(USER, turn("assistant", 5)) is None,
        "no-role": render(USER, {"content": "AAAA"}) is None,
        "number-role": render(USER, {"role": 5, "content": "AAAA"}) is None,
    }


def main(folder: str) -> None:
    """Write the facts of every template of an unpacked Axolotl."""
    templates = sorted(Path(folder).glob("**/utils/chat_templates/templates/*.jinja"))
    found = {path.stem: facts(Template(path.read_text("utf-8"))) for path in templates}
    text = json.dumps({"axolotl": "0.21.0", "templates": found}, indent=1, ensure_ascii=False, sort_keys=True)
    TARGET.write_text(text + "\n", "utf-8")
    print(f"{TARGET.name}: {len(found)} templates")


if __name__ == "__main__":
    main(sys.argv[1])
