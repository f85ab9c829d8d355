"""How far two assessors agree, on answers pooled as the tool pools them and on judgements."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# Y and PY always lead to the same judgement, and so do N and PN: a difference inside a pair is none.
POOLED = {"Y": "+", "PY": "+", "N": "-", "PN": "-", "NI": "0", "NA": "NA"}


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two assessors over ``n`` items.

    Attributes
    ----------
    n : int
        Items that both assessors rated.
    agreed : int
        Items with the same (pooled) rating.
    kappa : float or None
        Cohen's kappa, unweighted; None where n is 0 or chance agreement is complete (all ratings equal).
    """

    n: int
    agreed: int
    kappa: float | None

    @property
    def proportion(self) -> float | None:
        """Share of items with the same rating; None without items."""
        return self.agreed / self.n if self.n else None


def pool(answer: str) -> str:
    """Return the pooled class of an answer code: "+", "-", "0" or "NA".

    Parameters
    ----------
    answer : str
        Y, PY, PN, N, NI or NA; other codes (of other tools) are their own class.

    Returns
    -------
    str
    """
    return POOLED.get(answer, answer)


def answer_agreement(first: Mapping[str, str], second: Mapping[str, str]) -> Agreement:
    """Compare the answers of two assessors question by question, pooled.

    Parameters
    ----------
    first, second : mapping of question id to code
        Questions answered by one of them only are left out.

    Returns
    -------
    Agreement
    """
    both = [question for question in first if question in second]
    return agreement([(pool(first[question]), pool(second[question])) for question in both])


def agreement(pairs: Iterable[tuple[str, str]]) -> Agreement:
    """Compare ratings given in pairs, as they are.

    Parameters
    ----------
    pairs : iterable of (str, str)
        The two assessors' ratings of one item each, e.g. judgements or pooled answers.

    Returns
    -------
    Agreement

    References
    ----------
    Cohen J. Educ Psychol Meas 1960;20:37-46. doi:10.1177/001316446002000104.
    """
    rated = list(pairs)
    agreed = sum(1 for one, other in rated if one == other)
    return Agreement(n=len(rated), agreed=agreed, kappa=_kappa(rated, agreed))


def disagreements(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of the questions whose pooled answers differ, in the order of ``first``.

    Parameters
    ----------
    first, second : mapping of question id to code
        A question that only one of them answered differs.

    Returns
    -------
    tuple of str
    """
    questions = list(dict.fromkeys([*first, *second]))
    return tuple(q for q in questions if _pooled_or_none(first, q) != _pooled_or_none(second, q))


def _pooled_or_none(answers: Mapping[str, str], question: str) -> str | None:
    return pool(answers[question]) if question in answers else None


def _kappa(pairs: Sequence[tuple[str, str]], agreed: int) -> float | None:
    n = len(pairs)
    first = Counter(one for one, _ in pairs)
    second = Counter(other for _, other in pairs)
    by_chance = sum(first[rating] * second[rating] for rating in first)
    if by_chance == n * n:
        return None
    return (agreed * n - by_chance) / (n * n - by_chance)
