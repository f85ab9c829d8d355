"""Compare numbers and collect what differs, so that one run shows every fault."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# The reference has 15 significant digits; effects of size 1 computed in closed form keep about 1e-12.
CLOSED = 1e-8
ITERATIVE = 1e-6
# R stops at tau2 = 1e-13 and the like where the true estimate is 0.
AT_ZERO = 1e-10
I2_AT_ZERO = 1e-8
ITERATED = frozenset({"ML", "REML", "EB", "PM"})


@dataclass
class Checker:
    """Faults found in one family, how many numbers were compared, and the worst that was let pass.

    `worst_absolute` is over the numbers of size 1 and below, `worst_relative` over those above.
    """

    faults: list[str] = field(default_factory=list)
    numbers: int = 0
    worst_absolute: float = 0.0
    worst_relative: float = 0.0
    worst_absolute_name: str = ""
    worst_relative_name: str = ""

    def close(self, name: str, ours: Any, theirs: Any, *, tolerance: float, at_zero: float = AT_ZERO) -> None:
        """Numbers agree to a relative tolerance; null agrees with None and NaN only."""
        if isinstance(theirs, list):
            self._each(name, ours, theirs, tolerance=tolerance, at_zero=at_zero)
            return
        self.numbers += 1
        if theirs is None or ours is None:
            missing = ours is None or bool(np.isnan(ours))
            if not (theirs is None and missing):
                self.faults.append(f"{name}: {ours} instead of {theirs}")
            return
        theirs = float(theirs)
        at_zero = I2_AT_ZERO if "I2" in name else at_zero
        if ours == theirs:
            return
        difference = abs(ours - theirs)
        if not (np.isfinite(theirs) and difference <= tolerance * abs(theirs) + at_zero):
            self.faults.append(f"{name}: {ours!r} instead of {theirs!r}")
        else:
            self._note(name, difference, abs(theirs))

    def equal(self, name: str, ours: object, theirs: object) -> None:
        self.numbers += 1
        if ours != theirs:
            self.faults.append(f"{name}: {ours!r} instead of {theirs!r}")

    def _note(self, name: str, difference: float, size: float) -> None:
        if size <= 1:
            if difference > self.worst_absolute:
                self.worst_absolute, self.worst_absolute_name = difference, name
        elif difference / size > self.worst_relative:
            self.worst_relative, self.worst_relative_name = difference / size, name

    def _each(
        self, name: str, ours: Sequence[Any], theirs: list[Any], *, tolerance: float, at_zero: float
    ) -> None:
        self.equal(f"{name} length", len(ours), len(theirs))
        for index, (mine, other) in enumerate(zip(ours, theirs, strict=False)):
            self.close(f"{name}[{index}]", mine, other, tolerance=tolerance, at_zero=at_zero)


def tolerance_of(method: str) -> float:
    """Closed form or iterative, by the estimator."""
    return ITERATIVE if method in ITERATED else CLOSED
