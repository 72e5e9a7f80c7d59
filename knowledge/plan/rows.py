"""From the rows of the data to those that are trained on: chunks, the length rule, shards, the validation split."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from knowledge.plan.values import Trouble
from knowledge.value import field, ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.plan.settings import Settings

Length = int | dict[str, int]
"""Tokens of one row: a number; or `length` with `trained` (0: no token is trained on); or, for preference data,
`prompt` with `chosen` and `rejected`, or with `completion`, without special tokens."""

DOCUMENT_CAP: Final = 64
"""A document of `type: completion` is cut after this many times `sequence_len`; the rest is lost."""

PAIRED: Final = frozenset({"dpo", "ipo", "orpo", "simpo"})
"""Preference methods whose step works on a chosen and a rejected answer a row."""

_NEVER_FILTERED: Final = frozenset({"grpo", "gdpo", "ebft"})
_SHORTEST: Final = 2


@ledger
class Rows:
    """The rows of a run as they pass Axolotl's steps; None where a number is not known.

    Attributes:
        kept: after the length rule.
        trainable: after rows without a trained token are dropped, which only packing does.
        tokens: in the kept rows.
        logged_tokens: before any rule.
        train, evaluation: rows on either side of the validation split.
        train_lengths, evaluation_lengths: their tokens, where every length is known; more of them than rows where the
            rows are drawn from them at random.
        troubles, notes: what went wrong, and what was assumed.
    """

    kept: int | None = None
    trainable: int | None = None
    tokens: int | None = None
    logged_tokens: int | None = None
    train: int | None = None
    evaluation: int | None = None
    train_lengths: list[int] | None = None
    evaluation_lengths: list[int] | None = None
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fail(self, kind: str, detail: str) -> None:
        """The run ends here, for a reason that a rule explains."""
        self.troubles.append(Trouble(kind=kind, detail=detail))


def completion_chunks(text_tokens: int, sequence_len: int, *, adds_bos: bool = True) -> list[int]:
    """Lengths of the rows that Axolotl cuts one document of `type: completion` into.

    Args:
        text_tokens: tokens of the text alone.
        sequence_len: the longest row.
        adds_bos: whether the tokenizer begins a text with its own token. An end token is added unless the document
            reaches the cap.
    """
    cap = DOCUMENT_CAP * sequence_len
    tokens = min(text_tokens + adds_bos, cap)
    return cut(tokens + 1 if tokens < cap else tokens, sequence_len)


def cut(tokens: int, sequence_len: int) -> list[int]:
    """Whole rows of `sequence_len` and the rest."""
    whole, rest = divmod(tokens, sequence_len)
    return [sequence_len] * whole + ([rest] if rest else [])


def rows_from_lengths(config: Settings, lengths: Sequence[Length], *, of_file: bool = False) -> Rows:
    """The rows of a run, given the tokens of every row.

    Args:
        config: the config.
        lengths: tokens of the rows.
        of_file: whether they are the rows of the file; else those that are tokenized, after `weight` and `shards`.
    """
    rows = Rows()
    if of_file and (count := _sampled(config, len(lengths), rows)) < len(lengths):
        lengths = list(lengths)
        import random  # few plans know their rows

        random.Random(count).shuffle(lengths)  # noqa: S311 - which rows are taken is not known beforehand
        lengths = lengths[:count]
    if config.get("rl") or any(isinstance(length, dict) and "prompt" in length for length in lengths):
        _preference(config, lengths, rows)
    else:
        _plain(config, lengths, rows)
    _deduplicate(config, rows)
    _shard(config, rows)
    _split(config, rows)
    return rows


def rows_from_count(config: Settings, count: int, mean_tokens: float | None) -> Rows:
    """The rows of a run, given how many the files hold and their mean length (None: not known)."""
    rows = Rows()
    kept = _sampled(config, count, rows)
    sequence_len = config.get("sequence_len") or 512
    if mean_tokens and mean_tokens > sequence_len and _documents(config):
        pieces = math.ceil(min(mean_tokens, DOCUMENT_CAP * sequence_len) / sequence_len)
        mean_tokens = min(mean_tokens, DOCUMENT_CAP * sequence_len) / pieces
        kept *= pieces
        rows.notes.append(
            "This assumes documents of equal length; the tokens of every row would give the exact number."
        )
    elif mean_tokens and mean_tokens > sequence_len:
        rows.notes.append(
            "The mean row is longer than `sequence_len`, so many rows are dropped or cut; the tokens of every row "
            "would tell how many."
        )
        if str(config.get("excess_length_strategy") or "drop").lower() == "truncate":
            mean_tokens = float(sequence_len)
    rows.kept = rows.trainable = rows.train = kept
    rows.tokens = round(kept * mean_tokens) if mean_tokens else None
    rows.notes.append("This assumes that no row is too long and dropped; the token count of every row would tell.")
    _deduplicate(config, rows)
    _shard(config, rows)
    _split(config, rows)
    return rows


def _sampled(config: Settings, count: int, rows: Rows) -> int:
    """Apply `shards` and `weight` of a single dataset, which act on the file's rows before they are tokenized."""
    entries = config.datasets
    shares = [entry for entry in entries if entry.get("shards") or (entry.get("weight") or 1) < 1]
    if not shares:
        return count
    if len(entries) > 1:
        rows.notes.append("`weight` and `shards` of several datasets cannot be applied to one number of rows.")
        return count
    entry = entries[0]
    shards = entry.get("shards")
    if isinstance(shards, int) and shards > 0:
        count = _shard_rows(count, shards, entry.get("shards_idx") or 0)
    weight = entry.get("weight")
    if weight is not None and weight < 1 and count:
        count = min(count, max(1, int(count * weight)))
    return count


def _documents(config: Settings) -> bool:
    """Whether every dataset holds documents that are cut rather than dropped."""
    kinds = [entry.get("type") for entry in config.datasets]
    return bool(kinds) and all(isinstance(kind, str) and kind.split(":")[0] == "completion" for kind in kinds)


def _plain(config: Settings, lengths: Sequence[Length], rows: Rows) -> None:
    """Tokenized rows: documents are cut, then everything outside [min_sample_len, sequence_len] goes."""
    sequence_len = config.get("sequence_len") or 512
    marked = any(isinstance(length, dict) for length in lengths)
    known = [_tokens(length) for length in lengths]
    rows.logged_tokens = sum(known)
    trained = [not isinstance(length, dict) or bool(length.get("trained", 1)) for length in lengths]
    if _documents(config) and known and max(known) > sequence_len:
        cap = DOCUMENT_CAP * sequence_len
        pieces = [
            (part, kept)
            for tokens, kept in zip(known, trained, strict=True)
            for part in cut(min(tokens, cap), sequence_len)
        ]
        known, trained = [part for part, _ in pieces], [kept for _, kept in pieces]
    if not config.get("skip_prepare_dataset") and not config.get("reward_model"):
        pairs = _length_rule(config, list(zip(known, trained, strict=True)), sequence_len, rows)
        if pairs is None:
            return
        known, trained = [tokens for tokens, _ in pairs], [kept for _, kept in pairs]
    rows.kept, rows.tokens = len(known), sum(known)
    if config.get("sample_packing"):
        if marked:
            known = [tokens for tokens, kept in zip(known, trained, strict=True) if kept]
            rows.tokens = sum(known)
            if not known and rows.kept:
                rows.fail("no-trained-token", f"all {rows.kept:,} rows")
        else:
            rows.notes.append(
                "This assumes that every row has a trained token; packing drops rows without one. "
                "Lengths written as {length, trained} settle it."
            )
        rows.trainable = len(known)
    rows.train, rows.train_lengths = len(known), known


def _length_rule(
    config: Settings, pairs: list[tuple[int, bool]], sequence_len: int, rows: Rows
) -> list[tuple[int, bool]] | None:
    shortest = config.get("min_sample_len") or _SHORTEST
    strategy = str(config.get("excess_length_strategy") or "drop").lower()
    if strategy == "truncate":
        return [(min(tokens, sequence_len), kept) for tokens, kept in pairs if tokens >= shortest]
    if strategy == "raise":
        longest = max((tokens for tokens, _ in pairs), default=0)
        if longest > sequence_len:
            rows.fail("too-long-row", f"{longest:,} tokens, `sequence_len` is {sequence_len:,}")
            return None
    return [(tokens, kept) for tokens, kept in pairs if shortest <= tokens <= sequence_len]


def _preference(config: Settings, lengths: Sequence[Length], rows: Rows) -> None:
    """Preference data: a row stays when its prompt fits with each of its answers; there is no shortest length."""
    sequence_len = config.get("sequence_len") or 512
    kind = config.get("rl")
    strategy = str(config.get("excess_length_strategy") or "drop").lower()
    # Reward models cut their rows instead, and these methods make their answers themselves.
    unfiltered = kind in _NEVER_FILTERED or config.get("skip_prepare_dataset") or config.get("reward_model")
    kept = 0
    for length in lengths:
        prompt, answer = _preference_tokens(length)
        fits = bool(unfiltered) or prompt + answer <= sequence_len
        if not fits and strategy == "raise":
            rows.fail("too-long-row", f"{prompt + answer:,} tokens, `sequence_len` is {sequence_len:,}")
            return
        kept += fits or (strategy == "truncate" and prompt < sequence_len)
    rows.kept = rows.train = kept


def _preference_tokens(length: Length) -> tuple[int, int]:
    """Prompt, and the longest answer."""
    if not isinstance(length, dict):
        return 0, length
    answers = [tokens for key, tokens in length.items() if key in {"chosen", "rejected", "completion"}]
    return length.get("prompt", 0), max(answers, default=0)


def _deduplicate(config: Settings, rows: Rows) -> None:
    """`dataset_exact_deduplication` drops equal rows, and lengths do not show which are equal."""
    if config.get("dataset_exact_deduplication") and not config.get("skip_prepare_dataset"):
        rows.train = rows.trainable = rows.train_lengths = None
        rows.notes.append(
            "`dataset_exact_deduplication` drops identical rows, which lengths do not show, so the steps are unknown."
        )


def _shard(config: Settings, rows: Rows) -> None:
    """`dataset_shard_num` and `dataset_shard_idx`: every process of a larger job takes its part of the rows."""
    number, index = config.get("dataset_shard_num"), config.get("dataset_shard_idx")
    if not number or index is None or rows.train is None or config.get("rl"):
        return
    if not 0 <= index < number:
        rows.fail("no-such-shard", f"{index} of {number}")
        return
    start = index * (rows.train // number) + min(index, rows.train % number)
    count = _shard_rows(rows.train, number, index)
    rows.train = count
    if rows.train_lengths is not None:
        rows.train_lengths = rows.train_lengths[start : start + count]


def _shard_rows(count: int, number: int, index: int) -> int:
    return count // number + (index < count % number)


def _split(config: Settings, rows: Rows) -> None:
    """The validation split: the last rows of the shuffled data, a count rounded up."""
    share: Any = config.get("val_set_size")
    if config.get("test_datasets"):
        rows.notes.append("The rows of `test_datasets` are not counted.")
        if config.get("rl"):
            return
    if not share or rows.train is None or isinstance(share, bool):
        return
    total = rows.train
    if not config.get("rl") and share > 1:
        share = int(share)
        held, fits = share, share < total
    else:
        held, fits = math.ceil(share * total), 0 < share < 1
    if not fits or held >= total:
        rows.train = rows.train_lengths = None
        if total or not fits:
            rows.fail("split", f"{config.get('val_set_size'):g} of {total:,} rows")
        return
    rows.train = total - held
    if not config.get("test_datasets"):
        rows.evaluation = held
    if rows.train_lengths is None:
        return
    if config.get("shuffle_merged_datasets", True) and not config.get("curriculum_sampling"):
        # Which rows are held out is not known beforehand: either side is drawn from all of them.
        rows.evaluation_lengths = rows.train_lengths if rows.evaluation else None
        return
    known = rows.train_lengths
    rows.train_lengths = known[: rows.train]
    rows.evaluation_lengths = known[rows.train :] if rows.evaluation else None


def _tokens(length: Length) -> int:
    return length.get("length", 0) if isinstance(length, dict) else length
