"""Which reader knows the rows of a type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.samples import chat, chat_pairs, instruction, other_rows, pairs, turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.samples.case import Case, Reader

READERS: dict[str, Callable[[Case], Reader]] = {
    "completion": instruction.read_completion,
    "instruction": instruction.read_instruction,
    "mapping": instruction.read_mapping,
    "pretrain": instruction.read_pretrain,
    "segments": turns.read_segments,
    "pygmalion": turns.read_pygmalion,
    "llama2_chat": turns.read_llama2_chat,
    "messages": turns.read_messages,
    "chat": chat.read_chat,
    "pair": pairs.read_pair,
    "as_is": pairs.read_as_is,
    "pair_mapping": pairs.read_pair_mapping,
    "judged": pairs.read_judged,
    "judged_as_is": pairs.read_judged_as_is,
    "judged_chat": pairs.read_judged_chat,
    "judged_mapping": pairs.read_pair_mapping,
    "nectar": pairs.read_nectar,
    "chat_pair": chat_pairs.read_chat_pair,
    "orpo": chat_pairs.read_orpo,
    "bradley_terry": chat_pairs.read_bradley_terry,
    "stepwise": other_rows.read_stepwise,
    "ebft_chat": other_rows.read_ebft_chat,
    "ebft_code": other_rows.read_ebft_text,
    "ebft_structured": other_rows.read_ebft_text,
    "ebft_text": other_rows.read_ebft_text,
    "tokenized": other_rows.read_tokenized,
}
"""Readers by their name in kinds.yaml; types without one read no file."""
