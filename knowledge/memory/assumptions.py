"""What an estimate assumes and leaves out, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.parameters import GUESSED, is_measured, is_paged, size

if TYPE_CHECKING:
    from knowledge.memory.moments import Moment
    from knowledge.memory.run import Run


def assumptions(run: Run, peak: Moment) -> tuple[str, ...]:
    """The sentences for a run.

    Args:
        run: The run.
        peak: Its peak.

    Returns:
        The sentences, the most important first.
    """
    return tuple(sentence for sentence in (*_model(run), *_batch(run, peak), *_sharing(run)) if sentence)


def _model(run: Run) -> list[str | None]:
    shape = run.shape
    return [
        run.base.note,
        None
        if run.base.tower is None
        else f"The vision tower and projector have {size(run.base.tower.parameters)} parameters"
        + (", and each row is counted with one image of the usual size." if run.images else ", without images."),
        None
        if run.base.confirmed or run.base.known in GUESSED
        else "This model's dimensions come from a single source and were not confirmed.",
        "`quantize_moe_experts` is off: the experts are not quantized, and are raised to fp32 (4 bytes each)."
        if shape.widened_experts
        else None,
        "`load_in_4bit` does not quantize with `adapter: lora`: the whole model is loaded and raised to fp32."
        if shape.method == "lora" and shape.prepared
        else None,
        "Embeddings, head, and norms stay in fp32, since no flash attention, adapter, or cut cross entropy is set."
        if shape.wide
        else None,
        "DoRA's parameters are counted; the norms that it computes at every step are not."
        if shape.adapter and shape.adapter.dora
        else None,
        "Image and audio parts are not counted: only the text model is."
        if shape.architecture.family == "gemma3_text"
        else None,
    ]


def _batch(run: Run, peak: Moment) -> list[str | None]:
    return [
        "Every row is counted at its full length; shorter rows need less." if not run.padded else None,
        "Evaluation needs the most, because its batch builds all logits." if peak.phase == "evaluation" else None,
        "The upper end counts the logits that evaluation may build although training does not."
        if run.evaluation and run.loss == "fused" and peak.phase != "evaluation"
        else None,
        "Chosen and rejected answers go through the model together, so the batch counts twice." if run.paired else None,
        "A second, frozen copy of the model is held as the reference." if run.reference else None,
        "Generation is not counted: memory that vLLM or sampling uses on the same GPU is extra."
        if run.rl in {"grpo", "gdpo", "ebft"}
        else None,
        None
        if is_measured(run.optimizer)
        else f"The state of `{run.optimizer}` was not measured; this uses AdamW's instead.",
        "The paged optimizer may move its state to host memory when the card is full."
        if is_paged(run.optimizer)
        else None,
        "Eager attention keeps a sequence-by-sequence matrix for every head." if run.eager else None,
    ]


def _sharing(run: Run) -> list[str | None]:
    if run.sharding == "none":
        return []
    how = {
        1: "optimizer state is",
        2: "optimizer state and gradients are",
        3: "weights, gradients, and optimizer state are",
    }
    return [
        f"Across {run.ranks} GPUs, {how[run.stage]} divided; every GPU holds its own activations."
        if run.stage
        else "Every GPU holds the whole model, its gradients twice (DDP's buckets), and its own activations.",
        "The optimizer's state is in host memory." if run.optimizer_offload else None,
        "The weights are in host memory and move to the GPU layer by layer." if run.weight_offload else None,
        "FSDP was traced without a GPU; fragmentation and communication buffers are assumptions."
        if run.sharding == "fsdp"
        else "DeepSpeed's memory comes from its own estimators; it was not measured."
        if run.stage
        else None,
    ]
