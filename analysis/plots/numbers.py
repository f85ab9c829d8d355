"""Numbers as they are printed: one precision a column, a real minus, halves rounded away from zero."""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

MINUS = "\u2212"
THIN = "\u2009"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# From here on digits are counted, not read.
_LARGE = 1e6


def number(value: float, decimals: int) -> str:
    """Print a number with fixed decimals.

    Parameters
    ----------
    value : float
        May be infinite.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        With a Unicode minus; a negative value that rounds to zero has none.

    Raises
    ------
    ValueError
        If the value is not a number.
    """
    if math.isnan(value):
        raise ValueError("not a number cannot be printed")
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    return f"{rounded:f}".replace("-", MINUS)


def compact(value: float, decimals: int) -> str:
    """Print a number with fixed decimals, but one of a million or more as a power of ten.

    Parameters
    ----------
    value : float
        May be infinite.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        "0.49", "1.2×10⁷".

    Raises
    ------
    ValueError
        If the value is not a number.
    """
    if not math.isfinite(value) or abs(value) < _LARGE:
        return number(value, decimals)
    return power_of_ten(value, 1)


def power_of_ten(value: float, decimals: int) -> str:
    """Print a number as a mantissa with a power of ten: "1.2×10⁷".

    Parameters
    ----------
    value : float
        Finite.
    decimals : int
        Digits of the mantissa after the point; its last zeros are left out.

    Returns
    -------
    str
    """
    mantissa, _, exponent = f"{value:.{decimals}e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    shown = mantissa.replace("-", MINUS)
    return power if shown == "1" else f"{shown}×{power}"


def thousands(value: int, *, from_digits: int = 4) -> str:
    """Print a whole number with its thousands set apart by a thin space.

    Parameters
    ----------
    value : int
    from_digits : int
        Numbers with fewer digits are left whole; 0 leaves all whole.

    Returns
    -------
    str
    """
    if not from_digits or len(str(abs(value))) < from_digits:
        return str(value).replace("-", MINUS)
    return f"{value:,}".replace(",", THIN).replace("-", MINUS)


def reported(value: float) -> str:
    """Print a mean or SD as it was reported: no more than two decimals from 1 on, three digits below.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
        Without needless zeros.
    """
    if not math.isfinite(value) or abs(value) >= _LARGE:
        return compact(value, 0)
    decimals = 2 if abs(value) >= 1 or value == 0 else min(6, 2 - math.floor(math.log10(abs(value))))
    text = number(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def interval(low: float, high: float, decimals: int) -> str:
    """Print an interval as ``[low, high]``.

    Parameters
    ----------
    low, high : float
        Its limits.
    decimals : int
        Digits after the point, as for the estimate before it.

    Returns
    -------
    str
    """
    return f"[{number(low, decimals)}, {number(high, decimals)}]"


def percentages(weights: Sequence[float], decimals: int = 1) -> list[str]:
    """Print shares so that the printed numbers add up to 100.

    Parameters
    ----------
    weights : sequence of float
        Shares, not negative; their sum counts as 100.
    decimals : int
        Digits after the point.

    Returns
    -------
    list of str
        By largest remainder, for display only.
    """
    total = sum(weights)
    if not weights or total <= 0:
        return ["" for _ in weights]
    unit = 10**decimals
    exact = [weight / total * 100 * unit for weight in weights]
    floors = [int(value) for value in exact]
    # Ties go to the earlier row, so that the same input prints the same.
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for i in by_remainder[: round(100 * unit - sum(floors))]:
        floors[i] += 1
    return [number(value / unit, decimals) for value in floors]
