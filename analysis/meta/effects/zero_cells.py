"""Empty cells: which studies are corrected, and by how much."""

from dataclasses import dataclass

import numpy as np

from analysis.meta.checks import Flags, Vector, checked_option
from analysis.meta.effects.types import ZERO_CELL_RULES, Addition, ZeroCellRule
from analysis.meta.errors import UnknownOption


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """What is added to each cell of the two arms, and where.

    Attributes
    ----------
    first, second : ndarray of shape (k,) or float
        Added to every cell of the first and of the second arm.
    where : ndarray of bool, shape (k,)
    """

    first: Vector | float
    second: Vector | float
    where: Flags


def checked_addition(add: Addition | None, *, default: float, arms: int = 1) -> Addition:
    """The amount to add, or its default.

    Parameters
    ----------
    add : float, "tacc" or None
    default : float
    arms : int
        Only a measure that compares two counted arms can take "tacc".

    Raises
    ------
    UnknownOption
    """
    if add is None:
        return default
    if isinstance(add, str):
        if add != "tacc" or arms != 2:
            allowed = "a number of at least 0, or 'tacc'" if arms == 2 else "a number of at least 0"
            raise UnknownOption(f"add is {add!r}; this measure takes {allowed}.")
        return add
    if not (np.isfinite(add) and add >= 0):
        raise UnknownOption(f"add is {add!r}; give a finite number of at least 0.")
    return float(add)


def where_to_add(empty: Flags, *, add: Addition, to: ZeroCellRule) -> Flags:
    """The studies to correct, by the rule `to`.

    Parameters
    ----------
    empty : ndarray of bool, shape (k,)
        Studies with an empty cell.
    add : float or "tacc"
    to : {"only0", "all", "if0all", "none"}

    Returns
    -------
    ndarray of bool, shape (k,)
    """
    checked_option("to", to, ZERO_CELL_RULES)
    if to == "none" or add == 0:
        return np.zeros_like(empty)
    if to == "all" or (to == "if0all" and bool(empty.any())):
        return np.ones_like(empty)
    return empty if to == "only0" else np.zeros_like(empty)


def two_arm_correction(
    empty: Flags, n1: Vector, n2: Vector, *, add: Addition, to: ZeroCellRule, dropped: Flags
) -> Correction:
    """The correction of trials with two arms.

    Notes
    -----
    "tacc", the treatment-arm continuity correction, adds to each arm in proportion to the reciprocal of the
    other's size, n1 / (n1 + n2) and n2 / (n1 + n2), so that the two add up to 1 and balanced trials get 1/2
    each. Unlike a constant it does not pull unbalanced trials towards an effect.

    References
    ----------
    Sweeting, Sutton and Lambert (2004), doi:10.1002/sim.1761, section 3.3.
    """
    where = where_to_add(empty & ~dropped, add=add, to=to) & ~dropped
    if isinstance(add, str):
        share = n1 / (n1 + n2)
        return Correction(share * where, (1 - share) * where, where)
    if not where.any():
        return Correction(0.0, 0.0, where)
    amount = add * where.astype(np.float64)
    return Correction(amount, amount, where)
