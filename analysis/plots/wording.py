"""Numbers in the sentences that describe a figure to those who cannot see it, and on its axes."""

import math
from collections.abc import Sequence
from itertools import pairwise

from analysis.plots.numbers import MINUS, number

# From here on a number is written as a power of ten: more digits than these cannot be read.
HUGE = 1e7
TINY = 1e-4
THIN = "\u2009"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def counted(n: int, one: str, many: str) -> str:
    """Return "1 study", "13 studies" and the like.

    Parameters
    ----------
    n : int
    one, many : str
        The noun.

    Returns
    -------
    str
    """
    return f"{grouped(n)} {one if n == 1 else many}"


def grouped(n: int) -> str:
    """Print a count with thin spaces between thousands, from 10 000 on.

    Parameters
    ----------
    n : int

    Returns
    -------
    str
    """
    text = f"{abs(n):,}".replace(",", THIN) if abs(n) >= 10_000 else str(abs(n))
    return f"{MINUS}{text}" if n < 0 else text


def plain(value: float, *, decimals: int = 2) -> str:
    """Print a number for a sentence: fixed decimals, three digits below 0.1, powers of ten beyond reading.

    Parameters
    ----------
    value : float
        May be infinite.
    decimals : int
        Digits after the point of an ordinary number.

    Returns
    -------
    str
    """
    size = abs(value)
    if not math.isfinite(value) or size == 0:
        return number(value, 0)
    if size >= HUGE or size < TINY:
        return power(value)
    if size < 0.1:
        digits = number(value, max(decimals, 2 - math.floor(math.log10(size))))
        least = digits.index(".") + 1 + decimals
        return digits[:least] + digits[least:].rstrip("0")
    return number(value, decimals)


def short(value: float) -> str:
    """Print a number without needless zeros: 13, 0.5, 0.125.

    Parameters
    ----------
    value : float
        May be infinite.

    Returns
    -------
    str
    """
    text = plain(value, decimals=3 if abs(value) < 10 else 2)
    return text.rstrip("0").rstrip(".") if "." in text and "×" not in text else text


def span(low: float, high: float) -> str:
    """Say what a quantity runs over: "runs from 0.1 to 0.5", or "is 0.1" where there is but one value.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    str
    """
    first, last = short(low), short(high)
    return f"is {first}" if first == last else f"runs from {first} to {last}"


def effect(value: float, *, is_log: bool) -> str:
    """Print an effect of the scale of the analysis as it is displayed.

    Parameters
    ----------
    value : float
    is_log : bool
        Whether it is a natural logarithm, to be shown as a ratio.

    Returns
    -------
    str
    """
    return plain(ratio(value) if is_log else value)


def ratio(value: float) -> float:
    """Return the exponential, infinite where it is too large for a number.

    Parameters
    ----------
    value : float

    Returns
    -------
    float
    """
    return math.exp(value) if value < 709.0 else math.inf


def power(value: float) -> str:
    """Print a number as a power of ten, e.g. 1.5 × 10⁸.

    Parameters
    ----------
    value : float
        Finite.

    Returns
    -------
    str
    """
    digits, _, exponent = f"{value:.2e}".partition("e")
    shown = (digits.rstrip("0").rstrip(".")).replace("-", MINUS)
    raised = str(int(exponent)).translate(_RAISED)
    return f"{shown} × 10{raised}"


def p_value(p: float) -> str:
    """Print a P value after its sign: "= 0.024", "< 0.001".

    Parameters
    ----------
    p : float
        From 0 to 1.

    Returns
    -------
    str
    """
    return "< 0.001" if p < 0.001 else f"= {number(p, 3)}"


def tick_texts(values: Sequence[float]) -> list[str]:
    """Print the ticks of a linear axis with one precision.

    Parameters
    ----------
    values : sequence of float
        Ascending.

    Returns
    -------
    list of str
        With just the digits that tell them apart.
    """
    largest = max((abs(value) for value in values), default=0.0)
    if largest >= HUGE or 0 < largest < TINY:
        return ["0" if value == 0 else power(value) for value in values]
    step = min((b - a for a, b in pairwise(values)), default=1.0)
    decimals = next(
        (d for d in range(12) if all(abs(round(value, d) - value) < 1e-4 * step for value in values)), 12
    )
    if decimals == 0:
        return [grouped(round(value)) for value in values]
    return [number(value, decimals) for value in values]
