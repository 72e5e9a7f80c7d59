"""Secrets that people paste without noticing: found, named with the way to revoke them, and masked.

Everything here is linear in the text. A text without a secret, the usual case, costs a handful of substring
searches: each pattern runs only where a fixed piece of it occurs, and each begins with that fixed piece, which
the regular expression engine jumps to.
"""

from knowledge.secrets.finding import find, mask
from knowledge.secrets.paths import mask_paths
from knowledge.secrets.secret import Secret

__all__ = ["Secret", "find", "mask", "mask_paths"]
