"""How often two people who could not see each other said the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of pairs of votes.

    Parameters
    ----------
    n : int
        Pairs of votes.
    agreed : int
        Pairs that said the same.
    kappa : float or None
        Cohen's kappa; None without pairs, or where both people always said one and the same thing.
    """

    n: int
    agreed: int
    kappa: float | None

    @property
    def proportion(self) -> float | None:
        """Observed agreement, between 0 and 1; None without pairs."""
        return self.agreed / self.n if self.n else None


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Return percent agreement and Cohen's kappa of two raters.

    Parameters
    ----------
    pairs : sequence of (str, str)
        What the first and the second rater said of the same report.

    Returns
    -------
    Agreement

    Notes
    -----
    kappa = (p_o - p_e) / (1 - p_e), unweighted, with p_o the share of equal pairs and p_e the sum over
    categories of the product of both raters' own shares. Undefined (None) where p_e is 1.

    References
    ----------
    Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas 1960;20:37-46,
    doi:10.1177/001316446002000104.

    Examples
    --------
    >>> agreement([("in", "in"), ("in", "out"), ("out", "out"), ("out", "out")]).kappa
    0.5
    """
    n = len(pairs)
    agreed = sum(1 for first, second in pairs if first == second)
    if n == 0:
        return Agreement(0, 0, None)
    first_said, second_said = (Counter(column) for column in zip(*pairs, strict=True))
    # Whole numbers until the last division, so that perfect agreement is exactly one.
    by_chance = sum(count * second_said[said] for said, count in first_said.items())
    if by_chance == n * n:
        return Agreement(n, agreed, None)
    return Agreement(n, agreed, (agreed * n - by_chance) / (n * n - by_chance))
