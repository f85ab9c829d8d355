"""In which order studies came: the year that a label names, else the order of inclusion. KERNEL."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")


def year_of(label: str) -> int | None:
    """The last year that a label names: 1949 of "Ferguson & Simes 1949"."""
    found = _YEAR.findall(label)
    return int(found[-1]) if found else None


def sort_keys(studies: Sequence[Mapping[str, Any]]) -> list[float]:
    """What the studies of a result are sorted by; those without a year come last.

    Parameters
    ----------
    studies : sequence of mappings
        Each with the id and the label under which it is pooled.

    Returns
    -------
    list of float
        Years, or where no label names one the ids, which rise in the order of inclusion.
    """
    years = [year_of(study["label"]) for study in studies]
    if not any(years):
        return [float(study["id"]) for study in studies]
    return [float(year) if year else float("inf") for year in years]


def order_words(studies: Sequence[Mapping[str, Any]]) -> str:
    """Say what the order is."""
    unknown = [study["label"] for study in studies if year_of(study["label"]) is None]
    if len(unknown) == len(studies):
        return "No study names its year, so they are added in the order in which they were included."
    if not unknown:
        return "Studies are added by the year in their name."
    return f"Studies are added by the year in their name; last those that name none: {', '.join(unknown)}."
