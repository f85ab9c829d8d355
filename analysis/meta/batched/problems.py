"""Many small models at once: their studies, their masks and their designs, with the study axis first.

Studies run along the first axis so that every sum over studies adds whole rows of contiguous memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.meta.checks import Vector
from analysis.meta.errors import NotFinite, NotPositive, ShapeMismatch
from analysis.meta.scale import refuse_extremes

# Elements of one working array: about 1 MB, so that the arrays of one step stay in the cache.
CHUNK_ELEMENTS = 131_072
# Squared length, relative to that of the column, below which nothing is left of a column of the design.
DEFICIENT = 1e-18

Column = Vector | None


@dataclass(frozen=True, slots=True, eq=False)
class Problems:
    """B problems of up to k studies each.

    Attributes
    ----------
    y, v : ndarray of shape (k, 1) or (k, B)
        One column where all problems share the studies.
    mask : ndarray of shape (k, B) or None
        1 where a study belongs to the problem, else 0.
    columns : tuple of (ndarray of shape (k, 1) or (k, B), or None)
        The design; None stands for the intercept.
    count : int
        B.
    """

    y: Vector
    v: Vector
    mask: Vector | None
    columns: tuple[Column, ...]
    count: int

    @property
    def shared(self) -> bool:
        """Whether all problems have the same effects and variances."""
        return bool(self.y.shape[1] == 1 and self.v.shape[1] == 1)

    def take(self, index: NDArray[np.intp] | slice) -> "Problems":
        """The problems at these positions; repeated ones are allowed."""
        count = len(range(*index.indices(self.count))) if isinstance(index, slice) else index.size
        return Problems(
            y=_some(self.y, index),
            v=_some(self.v, index),
            mask=None if self.mask is None else self.mask[:, index],
            columns=tuple(None if column is None else _some(column, index) for column in self.columns),
            count=count,
        )

    def weights(self, tau2: Vector) -> Vector:
        """1 / (v + tau2), 0 outside the mask; tau2 of shape (B,) gives (k, B), (B, G) gives (k, B, G)."""
        more = tau2.ndim - 1
        w = 1.0 / (stretch(self.v, more) + tau2)
        if self.mask is not None:
            w *= stretch(self.mask, more)
        return w

    def sizes(self) -> Vector:
        """Studies of each problem, shape (B,)."""
        if self.mask is None:
            return np.full(self.count, float(self.y.shape[0]))
        return np.asarray(self.mask.sum(axis=0), dtype=np.float64)

    def smallest(self) -> Vector:
        """The smallest variance of each problem, shape (B,); infinite where it has no study."""
        v = self.v if self.mask is None else np.where(self.mask > 0, self.v, np.inf)
        return np.broadcast_to(v.min(axis=0), (self.count,))

    def largest(self) -> Vector:
        """The largest variance of each problem, shape (B,); 0 where it has no study."""
        v = self.v if self.mask is None else self.v * self.mask
        return np.broadcast_to(v.max(axis=0), (self.count,))

    def chunks(self, elements: int = CHUNK_ELEMENTS) -> Iterator[tuple[slice, "Problems"]]:
        """Parts small enough for the cache, in order."""
        step = max(1, elements // max(1, self.y.shape[0]))
        for start in range(0, self.count, step):
            part = slice(start, min(start + step, self.count))
            yield part, self.take(part)


def stretch(values: Vector, more: int) -> Vector:
    """Append axes of length 1."""
    return values if more == 0 else values.reshape(values.shape + (1,) * more)


def _some(values: Vector, index: NDArray[np.intp] | slice) -> Vector:
    return values if values.shape[1] == 1 else values[:, index]


def checked_problems(
    yi: ArrayLike, vi: ArrayLike, mask: ArrayLike | None, design: ArrayLike | None
) -> Problems:
    """Bring the studies of many problems into one form, and refuse what none can have.

    Raises
    ------
    ShapeMismatch, NotFinite, NotPositive, IllScaled
    """
    y, v = np.asarray(yi, dtype=np.float64), np.asarray(vi, dtype=np.float64)
    chosen = None if mask is None else np.asarray(mask, dtype=np.bool_)
    x = None if design is None else np.asarray(design, dtype=np.float64)
    if y.ndim not in (1, 2) or v.ndim not in (1, 2) or y.shape[-1] != v.shape[-1]:
        raise ShapeMismatch(f"yi has shape {y.shape} and vi {v.shape}; pass (k,) or (B, k), with one k.")
    k = y.shape[-1]
    if chosen is not None and (chosen.ndim != 2 or chosen.shape[1] != k):
        raise ShapeMismatch(
            f"weights_mask has shape {chosen.shape}; pass (B, {k}), one row for each problem."
        )
    if x is not None and (x.ndim not in (2, 3) or x.shape[-2] != k or x.shape[-1] < 1):
        raise ShapeMismatch(f"design has shape {x.shape}; pass ({k}, p) or (B, {k}, p).")
    count = _count(y, v, chosen, x)
    y, v = _filled(y, chosen, 0.0), _filled(v, chosen, 1.0)
    _check_values(y, v)
    refuse_extremes(y, v, p=1 if x is None else x.shape[-1], several=True)
    return Problems(
        y=_study_first(y),
        v=_study_first(v),
        mask=None if chosen is None else np.ascontiguousarray(chosen.T, dtype=np.float64),
        columns=(None,) if x is None else _columns(x),
        count=count,
    )


def problem_of(yi: Vector, vi: Vector, columns: Vector) -> Problems:
    """One problem, of studies that were checked and columns that are orthonormal."""
    return Problems(yi[:, None], vi[:, None], None, tuple(column[:, None] for column in columns.T), 1)


def _count(y: Vector, v: Vector, mask: NDArray[np.bool_] | None, x: Vector | None) -> int:
    lengths = [values.shape[0] for values in (y, v) if values.ndim == 2]
    if mask is not None:
        lengths.append(mask.shape[0])
    if x is not None and x.ndim == 3:
        lengths.append(x.shape[0])
    if len(set(lengths)) > 1:
        raise ShapeMismatch(f"yi, vi, weights_mask and design describe {lengths} problems; give one number.")
    return lengths[0] if lengths else 1


def _filled(values: Vector, mask: NDArray[np.bool_] | None, filler: float) -> Vector:
    """What lies outside the mask is never used, and may hold anything where each problem has its own row."""
    return np.where(mask, values, filler) if mask is not None and values.ndim == 2 else values


def _check_values(y: Vector, v: Vector) -> None:
    for name, values in (("yi", y), ("vi", v)):
        if not np.all(np.isfinite(values)):
            where = tuple(int(place[0]) for place in np.nonzero(~np.isfinite(values)))
            raise NotFinite(f"{name}[{', '.join(map(str, where))}] is {values[where]}; leave that study out.")
    if not np.all(v > 0):
        where = tuple(int(place[0]) for place in np.nonzero(v <= 0))
        raise NotPositive(f"vi[{', '.join(map(str, where))}] is {v[where]}; a variance must be above 0.")


def _study_first(values: Vector) -> Vector:
    return np.ascontiguousarray(values.T) if values.ndim == 2 else values[:, None]


def _columns(x: Vector) -> tuple[Column, ...]:
    """Orthonormal columns that span the design; a first column of ones stays what it is.

    Columns that depend on the others keep what little is left of them and are found out by the masks' ranks.
    """
    stack = x.T[:, :, None] if x.ndim == 2 else x.transpose(2, 1, 0)
    found: list[Column] = []
    for number, column in enumerate(stack):
        if number == 0 and np.all(column == 1.0):
            found.append(None)
            continue
        length = np.sqrt((column**2).sum(axis=0))
        left = column / np.where(length > 0, length, 1.0)
        # Twice is enough: what the first pass leaves of the earlier columns is of the size of rounding.
        for _ in range(2):
            for earlier in found:
                left = (
                    left - left.mean(axis=0)
                    if earlier is None
                    else left - earlier * (earlier * left).sum(axis=0)
                )
        size = np.sqrt((left**2).sum(axis=0))
        found.append(
            np.ascontiguousarray(np.where(size**2 > DEFICIENT, left / np.where(size > 0, size, 1.0), 0.0))
        )
    return tuple(found)
