"""The starter FAQ: questions that people who train with Axolotl ask most, with answers that hold for its release."""

from knowledge.faq.starter import Question, starter_questions

__all__ = ["Question", "starter_questions"]
