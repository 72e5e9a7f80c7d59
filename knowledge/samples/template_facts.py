"""What is known of the templates that ship with Axolotl, without rendering them: reading this loads no Jinja."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def template_facts() -> dict[str, dict[str, Any]]:
    """Template name -> its facts, as templates.json has them."""
    text = (resources.files("knowledge.samples") / "templates.json").read_text("utf-8")
    return json.loads(text)["templates"]  # type: ignore[no-any-return]
