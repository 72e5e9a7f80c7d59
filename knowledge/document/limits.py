"""How much of a config is read. One place, named in docs/limits.md; beyond them the answer says which was met."""

MAX_BYTES = 1 << 20
"""Bytes of one config."""

MAX_DEPTH = 60
"""Brackets or indentations inside one another."""

MAX_VISITS = 50_000
"""Values that a walk over the whole document would see; aliases count each time they are used."""

MAX_MENDS = 8
"""Faults of the YAML that are mended to read on."""
