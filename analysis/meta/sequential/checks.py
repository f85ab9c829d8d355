"""What the sequential methods refuse, and the order in which they take studies."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector, checked_option
from analysis.meta.errors import ImpossibleData, NoNullValue, ShapeMismatch, UnknownOption
from analysis.meta.measures import MEASURES

Side = Literal["lower", "higher"]
SIDES: tuple[Side, ...] = ("lower", "higher")
# When a study became known: a date, an ISO text, or a number such as the year.
Dates = Sequence[date] | Sequence[str] | Sequence[float]

# A look that adds less than this share of its information is no look of its own, and hard to integrate.
SMALLEST_STEP = 1e-6
_SMALLEST = 1e-100
_MISSING = ("nan", "nat", "")


def checked_error(name: str, value: float) -> None:
    """Refuse an error probability outside (0, 1), such as 5 for 5 %."""
    if not 0 < value < 1:
        raise UnknownOption(f"{name} is {value!r}; give a probability between 0 and 1, such as 0.05.")


def checked_sides(sides: int) -> None:
    """Refuse a test that is neither one- nor two-sided."""
    if sides not in (1, 2):
        raise UnknownOption(f"sides is {sides!r}; choose one of 1, 2.")


def checked_positive(name: str, value: float) -> None:
    """Refuse what is not a number above 0, or so near to 0 or infinity that its square is no number."""
    if not _SMALLEST < value < 1 / _SMALLEST:
        raise UnknownOption(f"{name} is {value!r}; give a finite number above 0.")


def checked_null(measure: str) -> None:
    """Refuse a measure without a value that means "no effect".

    "GEN" stands for any effect whose null value is 0 on the analysis scale.

    Raises
    ------
    UnknownOption, NoNullValue
    """
    if measure == "GEN":
        return
    checked_option("measure", measure, ("GEN", *MEASURES))
    if next(spec.no_effect for code, spec in MEASURES.items() if code == measure) is None:
        raise NoNullValue(
            f"measure is {measure!r}, which describes one group and has no value for 'no effect': there is "
            "nothing to set a boundary or an e-value against. Use the cumulative pooled estimate with "
            "its confidence and prediction intervals, or a comparison of two groups."
        )


def checked_times(times: ArrayLike, *, name: str = "times") -> Vector:
    """Return information fractions as a vector that rises within (0, 1]."""
    fractions = np.asarray(times, dtype=np.float64)
    if fractions.ndim != 1 or fractions.size == 0:
        raise ShapeMismatch(
            f"times has shape {fractions.shape}; pass one information fraction for each look."
        )
    if not np.all((fractions > 0) & (fractions <= 1)):
        raise UnknownOption(
            f"times is {fractions.tolist()}; information fractions lie above 0 and not above 1 "
            "(a look beyond the required information counts as 1)."
        )
    shares = np.diff(fractions, prepend=0.0) / fractions
    if shares.min() < SMALLEST_STEP:
        raise UnknownOption(
            f"{name}[{int(shares.argmin())}] adds {shares.min():g} of the information it has; a look adds at "
            f"least {SMALLEST_STEP:g}: merge looks that lie closer."
        )
    return fractions


def checked_amounts(name: str, values: ArrayLike, k: int) -> Vector:
    """Return one finite positive amount for each of k studies."""
    amounts = np.asarray(values, dtype=np.float64)
    if amounts.shape != (k,):
        raise ShapeMismatch(f"{name} has shape {amounts.shape}; pass one value for each of the {k} studies.")
    bad = np.flatnonzero(~(np.isfinite(amounts) & (amounts > 0)))
    if bad.size:
        raise ImpossibleData(f"{name}[{bad[0]}] is {amounts[bad[0]]:g}; every study has a number above 0.")
    return amounts


def date_order(dates: Dates | None, k: int) -> tuple[int, ...]:
    """Positions of the studies by date; ties, and all without dates, keep the order in which they came."""
    if dates is None:
        return tuple(range(k))
    if len(dates) != k:
        raise ShapeMismatch(f"dates has {len(dates)} entries; pass one for each of the {k} studies.")
    unusable = [at for at, value in enumerate(dates) if value is None or str(value).lower() in _MISSING]
    if unusable:
        raise ImpossibleData(
            f"dates[{unusable[0]}] is missing; a sequential method needs every study's date."
        )
    try:
        return tuple(sorted(range(k), key=lambda at: dates[at]))
    except TypeError as fault:
        raise ShapeMismatch("dates mixes kinds without an order; use dates, ISO texts or numbers.") from fault


def look_sizes(looks: Sequence[int] | None, k: int) -> tuple[int, ...]:
    """Number of studies known at each look; without `looks`, every study is a look."""
    if looks is None:
        return tuple(range(1, k + 1))
    given = tuple(looks)
    rising = all(low < high for low, high in zip((0, *given), given, strict=False))
    if not given or not rising or given[-1] != k or any(size != int(size) for size in given):
        raise UnknownOption(
            f"looks is {list(given)!r}; give the number of studies known at each look, "
            f"rising from at least 1 to all {k}."
        )
    return tuple(int(size) for size in given)
