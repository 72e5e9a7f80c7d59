"""The cheapest changes that make a run fit a card, in order, each computed anew."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from knowledge.memory.estimate import estimate, most_gib, run_of
from knowledge.memory.weights import trained_bytes
from knowledge.parameters import NF4_BYTES, Adapter, adapter_tensors
from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from knowledge.config import Config
    from knowledge.memory.run import Run

_SMALL_STATE = "adamw_8bit"
# The 8-bit optimizer that divides its state as FSDP2 divides the weights.
_SMALL_DIVIDED_STATE = "adamw_torch_8bit"
_SHORTEST = 512
# A change that spares less than this share of the estimate is not worth a line.
_WORTH = 0.01
_RANK = 16


@value
class Change:
    """One change to a config, on top of those before it.

    Attributes:
        keys: What to write, key to value, as in the YAML; None removes a key, a dot leads into a block.
        effect: What it costs, in a sentence.
        estimate_gib: The estimate with this change and those before it.
        high_gib: The upper end of its range.
        fits: Whether the card holds that upper end.
    """

    keys: dict[str, str | int | float | bool | None]
    effect: str
    estimate_gib: float
    high_gib: float
    fits: bool


class _Step(NamedTuple):
    keys: dict[str, str | int | float | bool | None]
    effect: str
    run: Run


class _Choice(NamedTuple):
    propose: Callable[[Run], Iterator[_Step]]
    depth: int


class Changes:
    """The cheapest changes that make a run fit cards: those that a large card needs are the first of a smaller one's.

    Args:
        run: The run as it is.

    Attributes:
        high_gib: The upper end of its estimate, in GiB.
    """

    def __init__(self, run: Run) -> None:
        self.high_gib = most_gib(run)
        self._run = run
        self._rest = _chosen(run)
        self._found: list[tuple[list[_Choice], float]] = [([], self.high_gib)]

    def fitting(self, card_gib: float) -> tuple[Change, ...]:
        """What to change, cheapest first, until the run fits a card.

        Changes that leave the result alone come first (checkpointing, a fused loss, a smaller micro batch with more
        accumulation), then those that change the training a little (optimizer state in 8 bits), then another method
        (QLoRA, LoRA), at last shorter rows. A change that spares under 1 % is left out.

        Args:
            card_gib: Memory of the card, in GiB.

        Returns:
            The changes, each with the estimate that it leads to; the last one fits if any combination does. Empty
            where the run fits as it is.
        """
        chosen = next((found for found, high in self._all() if high <= card_gib), None)
        chosen = self._found[-1][0] if chosen is None else _needed(self._run, chosen, card_gib)
        return tuple(_told(self._run, chosen, card_gib))

    def _all(self) -> Iterator[tuple[list[_Choice], float]]:
        """The choices one by one, as far as they had to be made for other cards, then the next ones."""
        yield from self._found
        for found in self._rest:
            self._found.append(found)
            yield found


def fitting_changes(config: Config, card_gib: float) -> tuple[Change, ...]:
    """What to change, cheapest first, until the run of a config fits a card; empty where nothing is known of it.

    Args:
        config: The config.
        card_gib: Memory of the card, in GiB.
    """
    run = run_of(config)
    return () if run is None else Changes(run).fitting(card_gib)


def _chosen(run: Run) -> Iterator[tuple[list[_Choice], float]]:
    """The changes that spare something, one more each time, with the upper end of the estimate that they lead to."""
    chosen: list[_Choice] = []
    now, high = run, most_gib(run)
    for propose in _PROPOSALS:
        last = now
        for depth, step in enumerate(propose(now)):
            then = most_gib(step.run)
            if then < high * (1 - _WORTH):
                if chosen and chosen[-1].propose is propose:
                    chosen = chosen[:-1]
                chosen = [*chosen, _Choice(propose, depth)]
                high, last = then, step.run
                yield chosen, high
        now = last


def _needed(run: Run, chosen: list[_Choice], card_gib: float) -> list[_Choice]:
    """Without the changes that those behind them made needless, the costliest given up first."""
    for choice in reversed(chosen):
        place = chosen.index(choice)
        for less in (None, *(choice._replace(depth=depth) for depth in range(choice.depth))):
            leaner = [*chosen[:place], *([less] if less else []), *chosen[place + 1 :]]
            steps = list(_steps(run, leaner))
            if steps and len(steps) == len(leaner) and most_gib(steps[-1].run) <= card_gib:
                chosen = leaner
                break
    return chosen


def _steps(run: Run, chosen: list[_Choice]) -> Iterator[_Step]:
    for choice in chosen:
        step = next(islice(choice.propose(run), choice.depth, None), None)
        if step is None:
            return
        run = step.run
        yield step


def _told(run: Run, chosen: list[_Choice], card_gib: float) -> Iterator[Change]:
    for step in _steps(run, chosen):
        then = estimate(step.run)
        yield Change(
            keys=step.keys,
            effect=step.effect,
            estimate_gib=then.estimate_gib,
            high_gib=then.high_gib,
            fits=then.high_gib <= card_gib,
        )


def _checkpoint(run: Run) -> Iterator[_Step]:
    if run.checkpointing == "no":
        yield _Step(
            {"gradient_checkpointing": True},
            "About a third slower; the result is the same.",
            run._replace(checkpointing="layers"),
        )


def _fuse_loss(run: Run) -> Iterator[_Step]:
    if run.loss == "plain" and run.rl is None:
        yield _Step(
            {"plugins": "axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin", "cut_cross_entropy": True},
            "It computes the loss without storing all logits: same result, usually faster.",
            run._replace(loss="fused", loss_evaluation="fused", shape=run.shape._replace(wide=False)),
        )


def _evaluate_less(run: Run) -> Iterator[_Step]:
    if run.evaluation > 1:
        yield _Step(
            {"eval_batch_size": 1}, "Evaluation takes longer; its loss is the same.", run._replace(evaluation=1)
        )


def _split_batch(run: Run) -> Iterator[_Step]:
    rows = run.micro_batch
    pair = 2 if run.rl in {"dpo", "ipo", "orpo", "simpo", "kto"} else 1
    accumulation = run.accumulation
    while rows > pair and rows % 2 == 0:
        rows, accumulation = rows // 2, accumulation * 2
        run = run._replace(micro_batch=rows, accumulation=accumulation, evaluation=min(run.evaluation, rows))
        yield _Step(
            {"micro_batch_size": rows // pair, "gradient_accumulation_steps": accumulation},
            "The same batch per step in smaller pieces; a little slower.",
            run,
        )


def _small_state(run: Run) -> Iterator[_Step]:
    name = _SMALL_DIVIDED_STATE if run.sharding == "fsdp" else _SMALL_STATE
    wide = trained_bytes(run.optimizer, run.tensors, run.shape.architecture.vocabulary).state
    small = trained_bytes(name, run.tensors, run.shape.architecture.vocabulary).state
    if small < wide and run.sharding != "deepspeed":
        yield _Step(
            {"optimizer": name},
            "Optimizer state in 8 bits; results are close to AdamW's.",
            run._replace(optimizer=name),
        )


def _accumulate_nothing(run: Run) -> Iterator[_Step]:
    """FSDP2 keeps whole gradients of all weights on every GPU between the micro batches of a step."""
    if run.sharding == "fsdp" and run.accumulation > 1:
        yield _Step(
            {"gradient_accumulation_steps": 1},
            "Between micro batches, FSDP2 keeps whole gradients on each GPU. The batch per step becomes "
            f"{run.accumulation} times smaller.",
            run._replace(accumulation=1),
        )


def _offload_weights(run: Run) -> Iterator[_Step]:
    if run.sharding == "fsdp" and not run.weight_offload:
        yield _Step(
            {"fsdp_config.offload_params": True},
            "Weights and optimizer state stay in host memory, and the CPU runs the optimizer step: much slower.",
            run._replace(weight_offload=True, optimizer_offload=True),
        )


def _divide(run: Run) -> Iterator[_Step]:
    if run.ranks < 2 or run.stage:
        return
    for stage, name, what in (
        (1, "zero1", "Optimizer state is divided among the GPUs; barely slower."),
        (
            3,
            "zero3_bf16",
            "Weights, gradients, and optimizer state are divided among the GPUs, which exchange them at every step.",
        ),
    ):
        yield _Step(
            {"deepspeed": f"deepspeed_configs/{name}.json"}, what, run._replace(stage=stage, sharding="deepspeed")
        )


def _offload(run: Run) -> Iterator[_Step]:
    if run.checkpointing == "layers":
        yield _Step(
            {"activation_offloading": True},
            "Layer inputs move to host memory; how much slower depends on the transfer speed.",
            run._replace(checkpointing="offload"),
        )


def _quantise(run: Run) -> Iterator[_Step]:
    shape = run.shape
    if shape.method not in {"lora", "int8"}:
        return
    packed = shape._replace(
        method="qlora",
        packed=NF4_BYTES,
        packed_experts=bool(shape.architecture.experts),
        unpacks_experts=bool(shape.architecture.experts),
        prepared=False,
    )
    keys: dict[str, str | int | float | bool | None] = {"adapter": "qlora", "load_in_4bit": True}
    if shape.method == "int8":
        keys["load_in_8bit"] = None
    if shape.architecture.experts:
        keys["quantize_moe_experts"] = True
    yield _Step(keys, "Frozen weights in 4 bits; slower, with results close to LoRA's.", run._replace(shape=packed))


def _adapt(run: Run) -> Iterator[_Step]:
    """From full training to LoRA."""
    shape = run.shape
    if not shape.full:
        return
    adapter = Adapter(rank=_RANK, linear=True)
    tensors = adapter_tensors(shape.architecture, adapter)
    lean = shape._replace(method="lora", adapter=adapter, wide=False, kernels=(True, True, True))
    yield _Step(
        {"adapter": "lora", "lora_r": _RANK, "lora_alpha": _RANK, "lora_target_linear": True},
        "A different method: it trains an adapter instead of the model.",
        run._replace(shape=lean, tensors=tensors, trained=sum(t.elements for t in tensors), reference=False),
    )


def _shorten(run: Run) -> Iterator[_Step]:
    length = run.sequence
    while length // 2 >= _SHORTEST:
        length //= 2
        run = run._replace(sequence=length)
        yield _Step(
            {"sequence_len": length},
            "Longer rows are dropped or cut, and packing fits fewer rows per batch.",
            run,
        )


_PROPOSALS: tuple[Callable[[Run], Iterator[_Step]], ...] = (
    _fuse_loss,
    _evaluate_less,
    _split_batch,
    _checkpoint,
    _divide,
    _small_state,
    _accumulate_nothing,
    _offload,
    _offload_weights,
    _quantise,
    _adapt,
    _quantise,
    _shorten,
)
