"""Whether a chat template refuses a conversation: by its roles, their order, or a content that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.samples.templates import Template

Turn = tuple[str | None, str]
"""Role (None without one) and shape: "text", "missing", "null" (a system column), "call" (tool calls alone), "number",
"odd" (0, false or an object)."""


def refusal(template: Template, turns: list[Turn]) -> tuple[str, ...] | None:
    """The rule and its detail where the template raises, else None."""
    refuses = template.refuses
    if not refuses:
        return None
    return _by_roles(template, turns) or _by_content(template, turns)


def _by_roles(template: Template, turns: list[Turn]) -> tuple[str, ...] | None:
    refuses, name = template.refuses, template.name
    roles = [role for role, _ in turns]
    if None in roles and "no-role" in refuses:
        return ("rows-message-keys", "messages", "role")
    rest = roles
    if roles[0] == "system":
        if "system" in refuses:
            return ("rows-template-refuses", name, "a system turn")
        rest = roles[1:]
        if not rest and "only-system" in refuses:
            return ("rows-template-refuses", name, "a system turn alone")
        if rest and rest[0] == "system" and "second-system" in refuses:
            return ("rows-template-refuses", name, "a second system turn")
    if "system" in rest and "later-system" in refuses:
        return ("rows-template-refuses", name, "a system turn after the first turn")
    called = any(shape == "call" for _, shape in turns)
    told = {"tool", "tool-answer"} if called else {"tool-without-call"}
    if "tool" in rest and told & refuses:
        return ("rows-template-refuses", name, "a tool turn")
    strange = next((role for role in rest if role not in ("user", "assistant", "system", "tool")), None)
    if strange is not None and "other" in refuses:
        return ("rows-template-refuses", name, f"the role `{strange}`")
    if "user-user" in refuses:
        spoken = [role for role in rest if role in ("user", "assistant")]
        placed = spoken if "tool" not in refuses else rest
        if any((role == "user") != (place % 2 == 0) for place, role in enumerate(placed)):
            return ("rows-turn-order", name)
    return None


def _by_content(template: Template, turns: list[Turn]) -> tuple[str, ...] | None:
    for role, shape in turns:
        if shape == "text" or role is None or not template.prints(role):
            continue
        place = role if role in ("user", "assistant", "system") else "user"
        if shape == "null":
            refused = "null-system" in template.refuses
        elif shape == "odd":
            refused = {f"number-{place}", f"missing-{place}"} <= template.refuses
        elif shape == "call":
            refused = "missing-call" in template.refuses
        else:
            refused = f"{shape}-{place}" in template.refuses
        if refused and (template.certain or shape == "number"):
            rule = {
                "null": "rows-system-refused",
                "number": "rows-content-not-text",
                "odd": "rows-content-not-text",
            }.get(shape, "rows-content-missing")
            return (rule, "system") if shape == "null" else (rule, "content", role, template.name)
    return None
