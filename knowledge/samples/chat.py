"""The reader of conversations that a chat template prints: which turns are trained, and what makes a row fail."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from knowledge.samples.case import CONTEXT, TRAINED, Case, Made, Reader
from knowledge.samples.conversation import DEFAULT_ROLES, mapping_of, tools_of
from knowledge.samples.images import check_images, images_of, turns_with_images
from knowledge.samples.instruction import type_name
from knowledge.samples.messages import calls_fit, check_detail, check_thinking, messages_of, parts_of, tools_fit
from knowledge.samples.named_keys import check_keys
from knowledge.samples.printing import printer_of, trained_parts
from knowledge.samples.refusal import refusal
from knowledge.samples.sandbox import Refused
from knowledge.samples.templates import BOS, EOS, Template
from knowledge.samples.turn_ends import check_end, check_start, end_is_trained, wanted_of
from knowledge.samples.unprinted import check_printed

if TYPE_CHECKING:
    from knowledge.samples.conversation import Turn
    from knowledge.samples.printing import Part
    from knowledge.samples.rows import Row

_CANONICAL = frozenset({"user", "assistant", "system", "tool"})
_FALSE = frozenset({"false", "no", "0", "off"})


@dataclass(slots=True)
class _Role:
    """A role as the rows write it: what it becomes and whether its turns are trained."""

    name: Any
    trained: bool
    printed: bool
    strange: bool
    pieces: tuple[tuple[str, int], ...]
    first: tuple[tuple[str, int], ...]
    part: int
    seen: tuple[str | None, str]


@dataclass(slots=True)
class _Thread:
    """A row as far as it is read: its pieces, the turns seen, and why turns of it are not trained."""

    index: int
    made: Made
    seen: list[tuple[str | None, str]] = field(default_factory=list)
    reasons: list[tuple[str, ...]] = field(default_factory=list)


class ChatReader:
    """Reads conversations for one entry of a config."""

    def __init__(self, case: Case, column: str) -> None:
        self.case = case
        self.column = column
        self.issues = case.issues
        self.template = case.template or Template("")
        entry = case.entry
        mapping = entry.message_keys
        self.role_key = str(mapping.get("role") or "role")
        self.text_key = str(mapping.get("content") or "content")
        mapped = {str(value) for value in mapping.values()}
        # A key that the mapping does not take is passed on under its own name, so both may still be found there.
        self.own_role = self.role_key != "role" and "role" not in mapped
        self.own_text = self.text_key != "content" and "content" not in mapped
        self.thought_key = str(mapping.get("reasoning_content") or "reasoning_content")
        given = entry.get("roles")
        self.roles: dict[Any, str] = (
            {source: target for target, sources in given.items() for source in sources}
            if isinstance(given, dict) and given
            else DEFAULT_ROLES
        )
        wanted = entry.get("roles_to_train")
        wanted = ["assistant"] if wanted is None else wanted
        self.trained_roles = frozenset(self.roles.get(role, role) for role in wanted)
        self.flag = entry.get("message_field_training")
        self.detail = entry.get("message_field_training_detail")
        self.splits = entry.get("split_thinking") is True
        self.drops_system = entry.get("drop_system_message") is True
        self.calls_read = "tool_calls" in self.template.keys or not (self.template.certain or self.template.around)
        self.end_trained = end_is_trained(case, self.template)
        self.simple = not self.splits
        has_system = "system" in case.columns
        self.mapping = mapping_of(entry, column, self.template.passed, has_system=has_system)
        self.printer = printer_of(self.template, case.model, case.settings.get("chat_template_kwargs"))
        self.wanted = wanted_of(case, self.template)
        self.hides_thoughts = False
        self._roles: dict[Any, _Role] = {}
        self._refused: dict[tuple[tuple[str | None, str], ...], tuple[str, ...] | None] = {}

    def role(self, name: Any, *, own: bool = False) -> _Role:
        """What is known of a role, worked out once."""
        known = self._roles.get((name, own))
        if known is None:
            mapped = name if own else self.roles.get(name, name)
            before, printed = self.between(str(mapped)), self.template.prints(str(mapped))
            trained = self.case.trains_inputs or mapped in self.trained_roles
            start = self.template.before(str(mapped)).replace(BOS, "") if mapped in ("user", "system") else before
            known = self._roles[name, own] = _Role(
                mapped,
                trained,
                printed,
                mapped not in _CANONICAL,
                ((before, CONTEXT),) if before else (),
                ((start, CONTEXT),) if start else (),
                TRAINED if trained and printed else CONTEXT,
                (str(mapped), "text"),
            )
        return known

    def rows(self) -> Reader:
        """What each row becomes."""
        has_system, has_tools = "system" in self.case.columns, "tools" in self.case.columns
        for index, row in enumerate(self.case.rows):
            messages = messages_of(self.case, index, self.column)
            if messages is None:
                yield None
                continue
            if has_tools and not tools_fit(self.issues, index, row.get("tools")):
                yield None
                continue
            system = row.get("system") if has_system else None
            made = self.row(index, messages, system, with_system=has_system)
            yield made if made is None else self.printed(index, row, made)

    def printed(self, index: int, row: Row, made: Made) -> Made | None:
        """A row as the template prints it; as it was pieced together where the template is not at hand."""
        if self.printer is None:
            return made
        if not self.printer.prints(index):
            if not self.template.around:
                made.fixed = round(self.printer.around() * len(made.pieces))
            return made
        try:
            turns, tools = self.mapping.turns(row), tools_of(row)
            parts = self.with_images(row, turns) or trained_parts(self.printer, turns, tools, self.wanted)
        except Refused as refused:
            if refused.stopped:
                self.issues.add("rows-template-stopped", index, str(refused))
                self.printer = None
            elif self.template.certain:
                self.issues.add("rows-template-raises", index, str(refused))
                return None
            else:
                self.issues.add("rows-template-may-raise", index, str(refused), self.template.shown)
            return made
        text = "".join(text for text, _ in parts)
        said = [each for each, _ in made.pieces if each in text]
        self.printer.learn(text, said)
        self.hides_thoughts = self.hides(row, text)
        if self.template.certain:
            check_printed(self.case, turns, tools, text)
        return Made([(text, TRAINED if trained else CONTEXT) for text, trained in parts], joined=True)

    def with_images(self, row: Row, turns: list[Turn]) -> list[Part] | None:
        """A row of a vision run; None for other runs, and where the template does not take contents of parts."""
        settings = self.case.settings
        if self.printer is None or not settings.get("processor_type") or not images_of(row, self.column):
            return None
        try:
            return trained_parts(self.printer, turns_with_images(turns, row, self.column), None, self.wanted)
        except Refused as refused:
            if self.template.certain and self.template.name and not refused.stopped:
                self.issues.add("rows-template-parts", None, self.template.name)
            return None

    def hides(self, row: Row, text: str) -> bool:
        """Whether the template left out what a turn thought, so that further rows are shorter than what they hold."""
        messages = row.get(self.column)
        thoughts = [each.get(self.thought_key) for each in messages or () if isinstance(each, dict)]
        return self.hides_thoughts or any(isinstance(each, str) and each.strip() not in text for each in thoughts)

    def row(self, index: int, messages: list[dict[str, Any]], system: Any, *, with_system: bool) -> Made | None:
        """The turns of a conversation as pieces, or None where the row fails."""
        first = messages[0].get(self.role_key)
        if first is None and self.own_role:
            first = messages[0].get("role")
        if first is None:
            self.issues.add("rows-message-keys", index, self.column, self.role_key)
            return None
        thread = _Thread(index, Made([], lead=1 if self.template.bos else 0, fixed=self.template.lead))
        if with_system:
            self.system(thread, first, system)
        self.started(thread, messages[0].get(self.text_key))
        for message in messages:
            if len(message) == 2 and self.simple and self.plain_turn(message, thread.made, thread.seen):
                continue
            if not self.message(thread, message):
                return None
        if not self.without_system(thread) or not self.accepted(thread):
            return None
        self.untrained(index, thread.made, thread.reasons, thread.seen)
        if thread.seen[-1][0] == "user" and self.flag is None and not self.role("user", own=True).trained:
            self.issues.add("rows-ends-asking", index, self.column)
        return thread.made

    def system(self, thread: _Thread, first: Any, system: Any) -> None:
        """The column `system` before the messages; null is printed too."""
        if isinstance(first, str) and self.roles.get(first, first) == "system":
            if system:
                self.issues.add("rows-system-twice", thread.index, "system")
        elif self.drops_system:
            return
        elif system is None:
            if "null-system" not in self.template.refuses or not self.template.certain:
                self.issues.add("rows-system-null", thread.index, "system")
            thread.seen.append(("system", "null"))
        else:
            thread.seen.append(("system", "text"))
            thread.made.pieces.append((str(system), CONTEXT))

    def started(self, thread: _Thread, start: Any) -> None:
        """A text that begins with the start token which the template prints as well."""
        bos = self.case.model.bos
        if bos and self.template.bos and isinstance(start, str) and start.startswith(bos) and not self.template.around:
            self.issues.add("rows-start-doubled", thread.index, self.text_key, bos)

    def message(self, thread: _Thread, message: dict[str, Any]) -> bool:
        """Add a message of any shape; False where the row fails."""
        name, own = message.get(self.role_key), False
        if name is None and self.own_role:
            name, own = message.get("role"), True
        odd = name is not None and not isinstance(name, str) and "number-role" in self.template.refuses
        if odd or isinstance(name, (list, dict)):
            self.issues.add("rows-answer-not-text", thread.index, self.role_key, type_name(name))
            return False
        role = self.role(name, own=own)
        shape = self.turn(thread.index, message, role, thread.made, thread.reasons)
        if shape is None:
            return False
        thread.seen.append((str(role.name) if name is not None else None, shape))
        return True

    def without_system(self, thread: _Thread) -> bool:
        """Take the first turn away where the entry drops system turns; False where nothing is left."""
        if not self.drops_system or thread.seen[0][0] != "system":
            return True
        thread.seen.pop(0)
        if not thread.seen:
            self.issues.add("rows-no-messages", thread.index, self.column)
            return False
        if thread.made.pieces:
            thread.made.pieces.pop(0)
        return True

    def accepted(self, thread: _Thread) -> bool:
        """Whether the template takes the turns."""
        told = self.refused(tuple(thread.seen)) if self.template.refuses else None
        if told is not None:
            rule, *detail = told
            self.issues.add(rule, thread.index, *(self.text_key if word == "content" else word for word in detail))
        return told is None

    def between(self, role: str) -> str:
        """What is printed between a turn and the one before it; the start of a row has a little less."""
        before = self.template.before(role).replace(BOS, "")
        if role in ("user", "system") and before:
            before = self.template.behind("assistant") + before
        return before.replace(EOS, self.case.model.eos or "")

    def refused(self, turns: tuple[tuple[str | None, str], ...]) -> tuple[str, ...] | None:
        """Whether the template refuses these turns; rows mostly share a few sequences."""
        if turns not in self._refused:
            if len(self._refused) > 1_000:
                self._refused.clear()
            self._refused[turns] = refusal(self.template, list(turns))
        return self._refused[turns]

    def plain_turn(self, message: dict[str, Any], made: Made, seen: list[tuple[str | None, str]]) -> bool:
        """The usual message, a known role and a text, without what else `turn` looks at; False for any other."""
        content, name = message.get(self.text_key), message.get(self.role_key)
        if type(content) is not str or not content or type(name) is not str:
            return False
        role = self._roles.get((name, False)) or self.role(name)
        if role.strange or not role.printed or content.isspace():
            return False
        made.pieces += (*(role.pieces if made.pieces else role.first), (content, role.part))
        if role.trained:
            made.ends += self.end_trained
            made.sure = True
        seen.append(role.seen)
        return True

    def turn(
        self, index: int, message: dict[str, Any], role: _Role, made: Made, reasons: list[tuple[str, ...]]
    ) -> str | None:
        """Add one turn; its shape ("text", "missing", "call", "number"), or None where the row fails."""
        content = message.get(self.text_key)
        if content is None and self.own_text:
            content = message.get("content")
        calls = message.get("tool_calls") if self.calls_read else None
        if calls and not calls_fit(self.issues, index, calls):
            return None
        trained, said = self.trains(index, message, role)
        pieces = parts_of(self.issues, index, self.text_key, content)
        if pieces is None:
            return None
        if content is None and self.splits and role.name == "assistant":
            self.issues.add("rows-content-null", index, self.text_key)
            return None
        if role.strange and role.name is not None:
            self.issues.add("rows-role-unmapped", index, str(role.name))
        made.pieces += role.pieces if made.pieces else role.first
        printed = role.printed and any(text.strip() if self.template.trims else text for text, _ in pieces)
        for text, train in pieces:
            made.pieces.append((text, TRAINED if trained and train and role.printed else CONTEXT))
        if trained and printed and self.detail:
            check_detail(self.issues, index, message, str(self.detail))
        if trained and printed and not any(text.strip() for text, _ in pieces):
            self.issues.add("rows-answer-blank", index, self.text_key)
        elif role.name == "user" and not pieces:
            self.issues.add("rows-prompt-empty", index, self.text_key)
        if calls and self.template.prints_calls:
            made.pieces.append((json.dumps(calls), TRAINED if trained else CONTEXT))
            printed = True
        thought = message.get(self.thought_key)
        if isinstance(thought, str) and thought and self.template.prints_thoughts and not self.hides_thoughts:
            made.pieces.append((thought, TRAINED if trained else CONTEXT))
            printed = True
        if trained and printed:
            made.ends += self.end_trained
        elif trained and role.printed:
            reasons.append(("rows-content-untrained" if content is None else "rows-turn-empty", self.text_key))
        elif said is not None and not said and role.name == "assistant":
            reasons.append(("rows-flag-off", str(self.flag)))
        return _shape(content, message)

    def trains(self, index: int, message: dict[str, Any], role: _Role) -> tuple[bool, Any]:
        """Whether a turn is trained, and what its own flag says (None without one)."""
        said = message.get(self.flag) if self.flag else None
        if said is None:
            return role.trained, None
        if isinstance(said, str) and said.lower() in _FALSE:
            self.issues.add("rows-label-text", index, str(self.flag))
        return bool(said), said

    def untrained(
        self, index: int, made: Made, reasons: list[tuple[str, ...]], seen: list[tuple[str | None, str]]
    ) -> None:
        """Why nothing of a row is trained, or a turn of it is not."""
        if made.sure and not reasons:
            return
        for rule, *detail in dict.fromkeys(reasons):
            if rule != "rows-flag-off":
                self.issues.add(rule, index, *detail)
        if made.sure or made.ends or any(train for _, train in made.pieces):
            return
        if reasons:
            if reasons[0][0] == "rows-flag-off":
                self.issues.add("rows-flag-off", index, *reasons[0][1:])
        elif not self.trained_roles & {role for role, _ in seen} and "assistant" in {role for role, _ in seen}:
            self.issues.add("rows-roles-to-train", index)
        elif "assistant" not in {role for role, _ in seen} and _CANONICAL.issuperset(role for role, _ in seen):
            self.issues.add("rows-no-answer", index, self.column)


def _shape(content: Any, message: dict[str, Any]) -> str:
    """What a content is, for what a template refuses."""
    if isinstance(content, (str, list)):
        return "text"
    if content is None:
        return "call" if message.get("tool_calls") else "missing"
    return "number" if content and not isinstance(content, dict) else "odd"


def read_chat(case: Case) -> Reader:
    """Conversations of `type: chat_template`."""
    column = case.name(case.kind.columns[0])
    if column not in case.columns:
        case.issues.add("rows-column-missing", None, column, "field_messages")
        return iter(())
    check_end(case, case.template)
    check_start(case, case.template)
    check_thinking(case, column)
    reader = ChatReader(case, column)
    check_keys(case, reader.mapping, reader.wanted)
    check_images(case, column)
    return reader.rows()
