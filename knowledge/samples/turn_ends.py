"""Whether the end of a turn is trained: the template's end token has to be the tokenizer's, or one of `eot_tokens`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.samples.conversation import DEFAULT_ROLES
from knowledge.samples.printing import Wanted
from knowledge.samples.templates import EOS, Template
from knowledge.samples.tokens import SPECIALS

if TYPE_CHECKING:
    from knowledge.samples.case import Case

_NEAR = 30


def end_tokens(case: Case) -> list[str]:
    """`eot_tokens` of the config, else the end token of the tokenizer."""
    given = case.settings.get("eot_tokens")
    if isinstance(given, list):
        return [str(token) for token in given]
    return [case.model.eos] if case.model.eos else []


def wanted_of(case: Case, template: Template) -> Wanted:
    """What of the conversations of an entry is trained."""
    entry, eos = case.entry, case.model.eos or ""
    roles = entry.get("roles")
    named = {source: target for target, sources in roles.items() for source in sources} if roles else DEFAULT_ROLES
    asked = entry.get("roles_to_train")
    tokens = end_tokens(case)
    if tokens != [eos]:
        tokens = [token for token in tokens if template.holds(token, None)]
    on_eos = str(entry.get("train_on_eos") or "turn")
    on_eot = entry.get("train_on_eot")
    return Wanted(
        roles=frozenset(named.get(role, role) for role in (["assistant"] if asked is None else asked)),
        everything=case.trains_inputs,
        eos=eos,
        on_eos=on_eos,
        eot=tuple(tokens),
        on_eot=on_eos if on_eot is None else str(on_eot),
    )


def end_is_trained(case: Case, template: Template) -> bool:
    """Whether the end token after a trained turn gets a label; True where it is not known."""
    eos, eot = case.entry.get("train_on_eos") or "turn", case.entry.get("train_on_eot")
    if eos == "none" and eot in (None, "none"):
        return False
    end, tokens = template.end(), [*end_tokens(case), case.model.eos]
    if end is None:
        return template.eos_named or not case.model.eos or any(token in template.specials for token in tokens)
    if not end_tokens(case) or not case.model.eos:
        return True
    return _reached(end, template, end_tokens(case), case.model.eos)


def _reached(end: str, template: Template, tokens: list[str], eos: str) -> bool:
    near = end[:_NEAR]
    if EOS in near:
        return True
    tried = template.closing is not None
    return any(token in near for token in (*tokens, eos) if tried or template.holds(token, eos))


def check_end(case: Case, template: Template | None) -> None:
    """Ends that are never trained, `eot_tokens` that are not in the template, and settings that contradict."""
    if template is None:
        return
    entry, eos = case.entry, case.model.eos
    train_eos = entry.get("train_on_eos") or "turn"
    train_eot = entry.get("train_on_eot") if entry.get("train_on_eot") is not None else train_eos
    given = case.settings.get("eot_tokens")
    known = bool(template.certain or template.around or template.specials)
    tokens = end_tokens(case)
    if isinstance(given, list) and tokens != [eos]:
        held = [token for token in tokens if not known or template.holds(token, eos)]
        for token in tokens:
            if not known:
                continue
            if token not in held:
                case.issues.add("rows-eot-not-in-template", None, token, template.name or "of the tokenizer")
            elif token not in SPECIALS and not _added(case, token):
                case.issues.add("rows-eot-split", None, token)
        if eos in tokens and (not known or eos in held) and train_eos != train_eot:
            case.issues.add("rows-ends-conflict", None, eos or "", str(train_eos), str(train_eot))
    if train_eos == "none" and train_eot == "none":
        _everywhere(case, "rows-end-off")
    elif known and eos and not end_is_trained(case, template):
        end = next(
            (
                token
                for token in sorted(template.specials)
                if template.end() and token in (template.end() or "")[:_NEAR]
            ),
            "",
        )
        if end or (template.end() or "").strip():
            _everywhere(case, "rows-end-untrained", end or (template.end() or "").strip()[:20], eos)
        else:
            _everywhere(case, "rows-end-none", eos)


def check_start(case: Case, template: Template | None) -> None:
    """A template that prints the start token needs a tokenizer that has one."""
    if template is not None and "no-bos" in template.refuses and case.model.known and not case.model.bos:
        case.issues.add("rows-template-start", None, template.name)


def _everywhere(case: Case, rule: str, *detail: str) -> None:
    case.issues.add(rule, 0, *detail)
    case.issues.met[(rule, *detail)].rows = len(case.rows)


def _added(case: Case, token: str) -> bool:
    """Whether the config adds a token to the tokenizer."""
    special: Any = case.settings.get("special_tokens")
    more = case.settings.get("tokens")
    overrides = case.settings.get("added_tokens_overrides")
    words = [*(more if isinstance(more, list) else ()), *(overrides.values() if isinstance(overrides, dict) else ())]
    for value in special.values() if isinstance(special, dict) else ():
        words.extend(value if isinstance(value, list) else [value])
    return token in words
