"""How many parameters the base model has, how many the config trains, and what they weigh in a checkpoint."""

from knowledge.parameters.adapter import Adapter, Target, targets_of
from knowledge.parameters.architecture import Architecture, Module
from knowledge.parameters.blueprint import parts_of
from knowledge.parameters.families import layout
from knowledge.parameters.looked_up import known_total, parameters_of_repository
from knowledge.parameters.names import NF4_BYTES, Parameters, parameters_of, size, stored_as
from knowledge.parameters.optimizer import Tensor, is_measured, is_paged, state_bytes
from knowledge.parameters.reading import read_architecture
from knowledge.parameters.stored import Stored, reconcile
from knowledge.parameters.tensors import adapter_tensors, full_tensors, is_widened
from knowledge.parameters.trainable import (
    GUESSED,
    Trainable,
    adapter_of,
    base_parameters,
    given,
    keeps_wide_embeddings,
    trainable_parameters,
    weight_size,
)

__all__ = [
    "GUESSED",
    "NF4_BYTES",
    "Adapter",
    "Architecture",
    "Module",
    "Parameters",
    "Stored",
    "Target",
    "Tensor",
    "Trainable",
    "adapter_of",
    "adapter_tensors",
    "base_parameters",
    "full_tensors",
    "given",
    "is_measured",
    "is_paged",
    "is_widened",
    "keeps_wide_embeddings",
    "known_total",
    "layout",
    "parameters_of",
    "parameters_of_repository",
    "parts_of",
    "read_architecture",
    "reconcile",
    "size",
    "state_bytes",
    "stored_as",
    "targets_of",
    "trainable_parameters",
    "weight_size",
]
