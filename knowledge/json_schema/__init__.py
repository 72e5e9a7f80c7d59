"""The JSON Schema of Axolotl's config, for editors."""

from knowledge.json_schema.writer import DIALECT, schema

__all__ = ["DIALECT", "schema"]
