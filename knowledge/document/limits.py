"""How much of a config is read. One place, named in docs/limits.md; beyond them the answer says which was met."""

MAX_BYTES = 1 << 20
"""Bytes of one config."""

MAX_DEPTH = 60
"""Brackets or indentations inside one another."""

MAX_VISITS = 10_000
"""Values that a walk over the whole document would see; aliases count each time they are used."""

MAX_REFUSALS = 100
"""Values that YAML refuses, each with its sentence, before reading stops."""

MAX_BITS = 13_000
"""Bits of one whole number, about 3,900 digits: beyond them Python turns none into text."""

MAX_FINDINGS = 500
"""Findings of one check."""

MAX_NEAREST = 100
"""Unknown names for which a near one is looked for."""

MAX_MENDS = 8
"""Faults of the YAML that are fixed to read on."""
