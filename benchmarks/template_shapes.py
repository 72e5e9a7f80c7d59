"""Whether conversations of random shape are rendered as Axolotl renders them, with all of its own templates.

    python benchmarks/template_shapes.py INTERPRETER [--seed N] [--rows N] [--verbose]

INTERPRETER is a Python that has Axolotl. Without it, nothing is measured, and the benchmark says so.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from rows_agreement import without_date

from knowledge.config import read
from knowledge.samples import check_rows
from knowledge.samples.templates import template_names

WORDS = ["river", "boat", "Wern", "seven", "cold", "bakery", "tram", "hills", "oak", "fruit", "answer", "maybe"]
CONFIG = """\
base_model: org/model
chat_template: {}
special_tokens: {{bos_token: "<s>", eos_token: "</s>"}}
datasets:
  - path: rows.jsonl
    type: chat_template
"""


class Conversations:
    """Random conversations: system turns, tools, thoughts, parts, odd white space and scripts."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311

    def text(self) -> str:
        said = " ".join(self.chance.choices(WORDS, k=self.chance.randint(1, 6)))
        ways = (said, f"{said.capitalize()}.", f"{said}\n", f"  {said}", f"{said}\n\n- {said}", f"<b>{said}</b>")
        return self.chance.choice([*ways, f"{said} {{x}} é 東京"])

    def content(self, share: float) -> Any:
        """A text, in some share of the turns as a list of parts."""
        if self.chance.random() >= share:
            return self.text()
        return [{"type": "text", "text": self.text()} for _ in range(self.chance.randint(1, 2))]

    def tool(self, name: str) -> dict[str, Any]:
        parameters = {"type": "object", "properties": {"a": {"type": "string", "description": self.text()}}}
        return {
            "type": "function",
            "function": {"name": name, "description": self.text(), "parameters": parameters | {"required": ["a"]}},
        }

    def call(self) -> list[dict[str, Any]]:
        """A call of a tool, and its result."""
        given: Any = {"a": self.text()}
        given = given if self.chance.random() < 0.5 else json.dumps(given)
        calls = [{"id": "call12345", "type": "function", "function": {"name": "f", "arguments": given}}]
        said = {"role": "assistant", "content": self.chance.choice(["", self.text()]), "tool_calls": calls}
        return [said, {"role": "tool", "content": self.text(), "name": "f", "tool_call_id": "call12345"}]

    def answer(self) -> dict[str, Any]:
        way = self.chance.random()
        said: dict[str, Any] = {"role": "assistant", "content": self.content(0.08)}
        if way < 0.12:
            said["reasoning_content"] = self.text()
        elif way < 0.24 and isinstance(said["content"], str):
            said["content"] = f"<think>\n{self.text()}\n</think>\n\n{said['content']}"
        return said

    def row(self) -> dict[str, Any]:
        chance = self.chance
        tools = [self.tool(name) for name in "fg"[: chance.randint(1, 2)]] if chance.random() < 0.3 else []
        turns = [{"role": "system", "content": self.text()}] if chance.random() < 0.4 else []
        for _ in range(chance.randint(1, 3)):
            turns.append({"role": "user", "content": self.content(0.15)})
            turns += self.call() if tools and chance.random() < 0.6 else []
            turns.append(self.answer())
        if chance.random() < 0.1:
            turns.append({"role": "user", "content": self.text()})
        return {"messages": turns} | ({"tools": tools} if tools else {})


def ours(template: str, row: dict[str, Any]) -> str | None:
    """The text that a check shows of a row; None where the template refuses it."""
    (example,) = check_rows(read(CONFIG.format(template)), [row], name="rows.jsonl").examples
    return None if example.error else "".join(part.text for part in example.parts)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("interpreter", nargs="?")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if not options.interpreter:
        print("No interpreter with Axolotl was named; nothing was measured.")
        return
    made = Conversations(options.seed)
    rows = [made.row() for _ in range(options.rows)]
    asked = [{"template": name, **row} for name in template_names() for row in rows]
    script = Path(__file__).with_name("template_shapes_in_axolotl.py")
    lines = "".join(json.dumps(each) + "\n" for each in asked)
    done = subprocess.run(
        [options.interpreter, str(script)], input=lines, stdout=subprocess.PIPE, text=True, check=True
    )
    differ: Counter[str] = Counter()
    for each, answer in zip(asked, map(json.loads, done.stdout.splitlines()), strict=True):
        template = each.pop("template")
        text = ours(template, each)
        if without_date(text) != without_date(answer.get("text")):
            differ[template] += 1
            if options.verbose:
                print(template, json.dumps(each), answer, repr(text), sep="\n  ")
    alike = len(asked) - differ.total()
    print(
        f"random conversations as Axolotl renders them: {alike} of {len(asked)} ({alike / len(asked):.1%}, target 98%)"
    )
    for template, count in differ.most_common():
        print(f"  {template}: {count} differ")


if __name__ == "__main__":
    main()
