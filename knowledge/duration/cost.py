"""What a run costs at a price that somebody names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from knowledge.value import value

if TYPE_CHECKING:
    from knowledge.duration.values import Duration

_HOUR = 3600.0
MOST = 100_000.0
"""The highest accepted price of a GPU-hour, in any currency."""


@value
class Cost:
    """What a run costs, in the currency of the price."""

    low: float
    estimate: float
    high: float


def cost_of(duration: Duration | None, price: float | None, gpus: int) -> Cost | None:
    """The cost of a run; None where its whole time or the price is not known.

    Args:
        duration: How long it takes.
        price: Price of one GPU for one hour.
        gpus: How many GPUs.
    """
    if duration is None or price is None or duration.low_s is None:
        return None
    low, middle, high = (
        round((seconds or 0.0) / _HOUR * price * gpus, 2)
        for seconds in (duration.low_s, duration.estimate_s, duration.high_s)
    )
    return Cost(low=low, estimate=middle, high=high)


def price_of(text: str) -> float:
    """A price as people write it: "2.49", "$2.49", "1,5".

    Args:
        text: The price of a GPU-hour.

    Raises:
        ValueError: It is not a number of 0 or more.
    """
    plain = text.strip().strip("$€£").strip()
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    number = float(plain)
    if not math.isfinite(number) or not 0 <= number <= MOST:
        raise ValueError("a price of 0 or more per GPU-hour")
    return number
