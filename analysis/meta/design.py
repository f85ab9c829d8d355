"""Design matrices: moderators as columns, categories by treatment contrasts, interactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from analysis.meta.checks import Vector
from analysis.meta.errors import NotFinite, NoVariation, ShapeMismatch, UnknownOption

INTERCEPT = "(Intercept)"

Values = Sequence[float] | Sequence[str] | Vector
Term = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The columns of a meta-regression.

    Attributes
    ----------
    matrix : ndarray of shape (k, p)
    names : tuple of str, length p
        "(Intercept)", the name of a numeric moderator, name and level of a category ("allocrandom"), and
        such names joined by ":" for interactions.
    levels : dict of str to tuple of str
        The levels of each category, sorted by code point; the first is the reference.
    terms : tuple of tuple of str
        The moderators of each term, in order.
    intercept : bool
    """

    matrix: Vector
    names: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]] = field(repr=False)
    terms: tuple[Term, ...] = field(repr=False)
    intercept: bool

    def rows(self, moderators: Mapping[str, Values]) -> Vector:
        """Rows of the same columns for other values of the moderators.

        Parameters
        ----------
        moderators : mapping of str to sequence of length n
            Every moderator of the design; categories by levels that it knows.

        Returns
        -------
        ndarray of shape (n, p)

        Raises
        ------
        UnknownOption
            For a moderator that is missing, or a level that no study has.
        """
        names = {name for term in self.terms for name in term}
        missing = sorted(names - set(moderators))
        if missing:
            raise UnknownOption(f"No values for {', '.join(missing)}; give every moderator of the design.")
        columns = {name: _column(name, moderators[name], self.levels.get(name)) for name in names}
        return _assemble(columns, self.terms, self.levels, intercept=self.intercept)[0]


def design_matrix(
    moderators: Mapping[str, Values],
    *,
    interactions: Sequence[Term] = (),
    intercept: bool = True,
) -> Design:
    """Turn moderators into the columns of a meta-regression.

    Parameters
    ----------
    moderators : mapping of str to sequence of length k
        Numbers make one column; text makes a category with treatment contrasts, that is one column for each
        level but the first in the order of code points.
    interactions : sequence of tuple of str
        Each names the moderators whose product is a term, such as ("ablat", "alloc").
    intercept : bool
        Without one, the first category has a column for each of its levels.

    Returns
    -------
    Design

    Raises
    ------
    UnknownOption
        An interaction of something that is no moderator.
    ShapeMismatch
        Moderators of different lengths.
    NotFinite
        A value is missing; leave that study out first, from effects and all moderators.
    NoVariation
        A category with one level only.

    Notes
    -----
    A category within a term is coded by contrasts where the term without it is in the model too, and by all
    its levels otherwise; the columns then span the same models as in S and R.

    References
    ----------
    Chambers and Hastie (1992), Statistical Models in S, section 2.3.2.

    Examples
    --------
    >>> found = design_matrix({"ablat": [44, 13, 42], "alloc": ["random", "alternate", "random"]})
    >>> found.names
    ('(Intercept)', 'ablat', 'allocrandom')
    """
    for term in interactions:
        unknown = [name for name in term if name not in moderators]
        if unknown:
            raise UnknownOption(f"{unknown[0]} is no moderator; choose among {', '.join(moderators)}.")
    columns = {name: _column(name, values, None) for name, values in moderators.items()}
    if not columns:
        raise ShapeMismatch("No moderators given; pass at least one.")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ShapeMismatch(f"Moderators differ in length: {lengths}; give one value for each study.")
    levels = {
        name: tuple(sorted(set(values))) for name, values in columns.items() if isinstance(values, list)
    }
    alone = [name for name, found in levels.items() if len(found) < 2]
    if alone and intercept:
        raise NoVariation(f"{alone[0]} has one level only, {levels[alone[0]][0]!r}; leave it out.")
    terms = (*((name,) for name in columns), *sorted((tuple(term) for term in interactions), key=len))
    matrix, names = _assemble(columns, terms, levels, intercept=intercept)
    return Design(matrix=matrix, names=names, levels=levels, terms=terms, intercept=intercept)


Column = Vector | list[str]


def _column(name: str, values: Values, levels: tuple[str, ...] | None) -> Column:
    given = list(values)
    missing = [row for row, value in enumerate(given) if value is None or _is_nan(value)]
    if missing:
        raise NotFinite(f"{name}[{missing[0]}] is missing; leave that study out, or the moderator.")
    if levels is not None or any(isinstance(value, str) for value in given):
        texts = [str(value) for value in given]
        strange = [text for text in texts if levels is not None and text not in levels]
        if strange:
            raise UnknownOption(f"{name} is {strange[0]!r}; choose one of {', '.join(levels or ())}.")
        return texts
    numbers = np.asarray(given, dtype=np.float64)
    if not np.all(np.isfinite(numbers)):
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise NotFinite(f"{name}[{row}] is {numbers[row]}; leave that study out, or the moderator.")
    return numbers


def _is_nan(value: float | str) -> bool:
    return not isinstance(value, str) and bool(np.isnan(value))


def _assemble(
    columns: Mapping[str, Column],
    terms: Sequence[Term],
    levels: Mapping[str, tuple[str, ...]],
    *,
    intercept: bool,
) -> tuple[Vector, tuple[str, ...]]:
    present = {frozenset(term) for term in terms} | ({frozenset[str]()} if intercept else set())
    k = len(next(iter(columns.values()))) if columns else 0
    found: list[tuple[str, Vector]] = [(INTERCEPT, np.ones(k))] if intercept else []
    full = not intercept
    for term in terms:
        parts: list[list[tuple[str, Vector]]] = []
        for name in term:
            values = columns[name]
            if isinstance(values, np.ndarray):
                parts.append([(name, values)])
                continue
            # Without an intercept only the first category is coded by all its levels.
            margin = frozenset(term) - {name}
            contrasts = margin in present or (not margin and not full)
            if len(term) == 1 and full and not intercept:
                full = False
            parts.append(_indicators(name, values, levels[name][1 if contrasts else 0 :]))
        # The levels of the first moderator of a term vary fastest.
        for combined in product(*reversed(parts)):
            ordered = combined[::-1]
            column = np.prod([values for _, values in ordered], axis=0)
            found.append((":".join(label for label, _ in ordered), column))
    return np.column_stack([column for _, column in found]), tuple(name for name, _ in found)


def _indicators(name: str, values: list[str], levels: Sequence[str]) -> list[tuple[str, Vector]]:
    texts = np.array(values)
    return [(f"{name}{level}", (texts == level).astype(np.float64)) for level in levels]
