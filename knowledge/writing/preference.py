"""The loss of a preference run, where one is asked for: which rows allow it, and the keys that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from knowledge.writing.rows import Read

LOSSES: Final = ("dpo", "ipo", "simpo", "orpo", "kto")

_CHATS: Final = "chat_template.argilla_chat"
"""The type of DPO for rows whose `chosen` and `rejected` are whole conversations, as ORPO reads them."""
_ORPO: Final = "chat_template.argilla"

_KEYS: Final[dict[str, dict[str, Any]]] = {
    "ipo": {"rl": "dpo", "dpo_loss_type": ["ipo"]},
    "simpo": {"rl": "simpo", "simpo_gamma": 1.0},
    "orpo": {"rl": "orpo", "remove_unused_columns": False},
}
_SPOKEN: Final = {"simpo": "SimPO"}
_NO_LABEL: Final = "Answers with a label are only for KTO, so this is KTO and not {wish}."
_NO_PAIR: Final = "KTO needs answers with a label, and these rows are pairs, so this is DPO."
_NO_CHAT: Final = (
    "ORPO reads `chosen` and `rejected` as whole conversations, each with the question and the answer as messages. "
    "These rows do not have them, so this is DPO."
)


def with_loss(found: Read, wish: str) -> None:
    """Rows of a preference run with the loss that is asked for, or with a sentence about why they do not allow it.

    Args:
        found: What is known of the rows; its loss is DPO for pairs and KTO for answers with a label.
        wish: One of LOSSES.
    """
    if found.method not in ("dpo", "kto") or wish == found.method:
        return
    if found.method == "kto":
        found.wrong.append(_NO_LABEL.format(wish=_SPOKEN.get(wish, wish.upper())))
    elif wish == "kto":
        found.wrong.append(_NO_PAIR)
    elif wish == "orpo" and found.entry.get("type") != _CHATS and not found.reads:
        found.wrong.append(_NO_CHAT)
    else:
        found.root |= _KEYS[wish]
        if wish == "orpo":
            found.entry = {"type": _ORPO}
            found.reads = "rows with `chosen` and `rejected` conversations" if found.reads else ""
