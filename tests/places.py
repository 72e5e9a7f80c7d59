"""Where things are, however deep a test stands."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
"""Reference data with the checkout; a test that reads it skips where it is absent."""
