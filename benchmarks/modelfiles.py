"""Whether Ollama's template of a config prints what the tokenizer printed, over all shapes of the reference renderings.

Run: python benchmarks/modelfiles.py [--show]. The Modelfile is read as Ollama reads it, by an interpreter of the part
of its language that is used. A row is equal, or the Modelfile says that it cannot be expressed, or it differs. Without
the reference renderings beside the checkout, nothing is measured.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

from knowledge.next_steps.ollama import modelfile

RENDERINGS = Path(__file__).resolve().parents[1].parent / "shared" / "rows" / "renderings.jsonl"
_ACTION = re.compile(r"\{\{ (.*?) \}\}")
_ROLE = re.compile(r'eq \.Role "(\w+)"')


class Template:
    """Ollama's template: one loop over the messages, cases of the role and of the last message."""

    def __init__(self, text):
        self.parts = _ACTION.split(text)  # texts at even places, actions at odd ones

    def printed(self, messages):
        """What it prints for messages of `role` and `content`."""
        loop = self.parts.index("range $i, $_ := .Messages")
        if self.parts[:loop] != [""] or self.parts[loop + 2] != "$last := eq (len (slice $.Messages $i)) 1":
            raise ValueError(self.parts[: loop + 3])
        return "".join(
            self._turn(loop + 3, message, last=index == len(messages) - 1) for index, message in enumerate(messages)
        )

    def _turn(self, start, message, *, last):
        said, branches = [], [True]  # of each open block: True printed, False not, None one of its cases was
        for place in range(start, len(self.parts)):
            part = self.parts[place]
            if place % 2 == 0:
                said.append(part if all(branches) else "")
            elif part == ".Content":
                said.append(message["content"] if all(branches) else "")
            elif part.startswith("if "):
                branches.append(_holds(part, message, last=last))
            elif part.startswith("else"):
                met = branches[-1] is not False
                branches[-1] = None if met else _holds(part.removeprefix("else").strip(), message, last=last)
            elif part == "end":
                branches.pop()
                if not branches:
                    return "".join(said)
            else:
                raise ValueError(part)
        raise ValueError("the loop has no end")


def _holds(test, message, *, last):
    role = _ROLE.search(test)
    return message["role"] == role[1] if role else last if test else True


def printed(text, messages):
    """What Ollama prints with a Modelfile; None where the Modelfile has no template."""
    template = re.search(r'TEMPLATE """(.*?)"""\n', text, re.DOTALL)
    system = re.search(r'SYSTEM """(.*?)"""\n', text, re.DOTALL)
    if template is None:
        return None
    given = [{"role": each["role"], "content": plain(each.get("content"))} for each in messages]
    if system and given[0]["role"] != "system":
        given = [{"role": "system", "content": system[1]}, *given]
    return Template(template[1]).printed(given)


def plain(content):
    """The text of a message, as Ollama takes it from an OpenAI client."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def verdict(row):
    """equal, not expressed, or differs; None for a conversation that the template refuses."""
    if "text" not in row:
        return None
    made = modelfile("model.gguf", row["template"], row["eos_token"])
    text = printed(made.text, row["messages"])
    if text is None:
        return "cannot be expressed"
    wanted = row["text"].removeprefix(row["bos_token"])
    waits = row["messages"][-1]["role"] == "user"
    if text == wanted or (waits and text.startswith(wanted)):
        return "equal"
    return "said to be missing" if set(row_parts(row)) & set(made.missing) else "differs"


def row_parts(row):
    """The names of what a conversation holds beyond plain turns, as Modelfiles name it."""
    messages = row["messages"]
    roles = [each["role"] for each in messages]
    texts = [plain(each.get("content")) for each in messages]
    if row.get("tools") or "tool" in roles or any("tool_calls" in each for each in messages):
        yield "tool calls"
    if any("reasoning_content" in each for each in messages) or any("</think>" in text for text in texts):
        yield "thoughts"
    if roles[0] == "assistant" or roles[:2] == ["system", "assistant"]:
        yield "conversations that begin with an answer"
    if "system" in roles:
        yield "system messages"
        if not texts[roles.index("system")]:
            yield "empty system messages"
    if any(text != text.strip() for text in texts):
        yield "trimmed white space"
    yield "the turn that ends a conversation"


def main(*, show):
    rows = [json.loads(line) for line in RENDERINGS.read_text("utf-8").splitlines()]
    shapes = {}
    for row in rows:
        found = verdict(row)
        if found is None:
            continue
        shapes.setdefault(row["shape"], Counter())[found] += 1
        if show and found == "differs":
            print(f"  {row['template']}, {row['shape']}")
    for shape, counts in shapes.items():
        print(f"{shape}: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    total = sum(shapes.values(), Counter())
    print(f"All: {', '.join(f'{count} {name}' for name, count in sorted(total.items()))}.")


if __name__ == "__main__":
    if RENDERINGS.exists():
        main(show="--show" in sys.argv)
    else:
        print("reference renderings not found: nothing is measured")
