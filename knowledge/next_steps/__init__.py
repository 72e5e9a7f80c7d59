"""Which command comes next: `next_steps(config, file) -> NextSteps | None`, of Axolotl and of what serves a model."""

from knowledge.next_steps.build import NextSteps, next_steps
from knowledge.next_steps.commands import Command
from knowledge.next_steps.ollama import Modelfile

__all__ = ["Command", "Modelfile", "NextSteps", "next_steps"]
