"""What a run will really do: batch, steps, saves, evaluations, checkpoints on disk and on the Hub."""

from knowledge.plan.batch import batch_advice, batch_of, product, step_advice
from knowledge.plan.build import make_plan, plan_of, remember_plan, trainer_warmup, with_curve
from knowledge.plan.rows import Length, completion_chunks
from knowledge.plan.sketch import Sketch, sketch_of
from knowledge.plan.storage import checkpoint_storage, storage_in_gigabytes
from knowledge.plan.training import TrainingPlan
from knowledge.plan.values import (
    GUIDE_BATCH,
    BatchAdvice,
    BatchChoice,
    CheckpointStorage,
    OfRows,
    StepAdvice,
    Trouble,
)

__all__ = [
    "GUIDE_BATCH",
    "BatchAdvice",
    "BatchChoice",
    "CheckpointStorage",
    "Length",
    "OfRows",
    "Sketch",
    "StepAdvice",
    "TrainingPlan",
    "Trouble",
    "batch_advice",
    "batch_of",
    "checkpoint_storage",
    "completion_chunks",
    "make_plan",
    "plan_of",
    "product",
    "remember_plan",
    "sketch_of",
    "step_advice",
    "storage_in_gigabytes",
    "trainer_warmup",
    "with_curve",
]
