"""Generated facts about Axolotl: JSON that scripts/sync_axolotl.py writes. Each file names the version it is for."""

from knowledge.facts.files import read_json, read_lines
from knowledge.facts.names import Names, load_names

__all__ = ["Names", "load_names", "read_json", "read_lines"]
