"""What every conversion returns: the values, how they came about, and what had to be assumed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analysis.meta.errors import ImpossibleData, NotFinite

# Cubes of squares occur in the formulas, and have to stay below the largest double, 1e308.
_LARGEST = 1e50
_SPREADS = ("sd", "se", "vi")


@dataclass(frozen=True, slots=True)
class Converted:
    """Values that a report did not give, computed from what it gave.

    Attributes
    ----------
    values : mapping of str to float
        What was computed, by name; `converted["sd"]` reads one.
    method : str
        Code of the method, stable enough to be stored.
    assumption : str
        What must hold for the values to be right, in a sentence for the reader of the review.
    inputs : mapping of str to float
        What was given.
    reference : str
        Where the formula stands.
    warnings : tuple of str
        Signs in the numbers themselves that the assumption may not hold.
    """

    values: Mapping[str, float]
    method: str
    assumption: str
    inputs: Mapping[str, float]
    reference: str
    warnings: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def to_dict(self) -> dict[str, object]:
        """Plain values, to be stored beside the datum they explain."""
        return {
            "values": dict(self.values),
            "method": self.method,
            "assumption": self.assumption,
            "inputs": dict(self.inputs),
            "reference": self.reference,
            "warnings": list(self.warnings),
        }


def converted(
    values: Mapping[str, float],
    *,
    method: str,
    assumption: str,
    inputs: Mapping[str, float],
    reference: str,
    warnings: tuple[str, ...] = (),
) -> Converted:
    """Freeze what a conversion found.

    Raises
    ------
    NotFinite
        The formula gave no number for these inputs, or a spread that is too small to tell from 0.
    """
    for name, value in values.items():
        if not math.isfinite(value) or (name in _SPREADS and value <= 0):
            raise NotFinite(
                f"{method}: {name} is {value} for {dict(inputs)}; these data cannot be converted."
            )
    return Converted(
        MappingProxyType({name: float(value) for name, value in values.items()}),
        method,
        assumption,
        MappingProxyType({name: float(value) for name, value in inputs.items()}),
        reference,
        warnings,
    )


def checked_finite(**given: float) -> None:
    """Refuse what is missing, infinite or too large to be raised to a power, by its name."""
    for name, value in given.items():
        if not abs(value) <= _LARGEST:
            raise NotFinite(f"{name} is {value}; give a finite number, of at most {_LARGEST:g}.")


def checked_above(floor: float, **given: float) -> None:
    """Refuse what does not exceed `floor`, by its name."""
    checked_finite(**given)
    for name, value in given.items():
        if not value > floor:
            raise ImpossibleData(f"{name} is {value:g}; it must be above {floor:g}.")


def checked_size(**given: float) -> None:
    """Refuse groups of fewer than two participants: they have no standard deviation."""
    checked_finite(**given)
    for name, value in given.items():
        if value < 2:
            raise ImpossibleData(f"{name} is {value:g}; at least 2 participants are needed.")


def checked_interval(low: float, high: float) -> None:
    """Refuse an interval that is empty or turned round."""
    checked_finite(low=low, high=high)
    if not low < high:
        raise ImpossibleData(
            f"The interval runs from {low:g} to {high:g}; the lower limit must be below the upper."
        )
