"""Help with writing a query: the fields of PubMed and the terms of MeSH."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SearchField:
    """One field of PubMed.

    Parameters
    ----------
    tag : str
        What stands in square brackets after a term, such as ``TIAB``.
    name : str
        Its full name, which may stand there as well.
    description : str
        What it searches.
    is_date : bool
        Whether it takes dates and ranges of them.
    """

    tag: str
    name: str
    description: str
    is_date: bool


@dataclass(frozen=True, slots=True)
class MeshTerm:
    """One heading of NLM's Medical Subject Headings.

    Parameters
    ----------
    name : str
        The heading.
    ui : str
        Its identifier, such as ``D009369``.
    scope : str
        What it means; "" where MeSH does not say.
    entry_terms : tuple of str
        Other words for it.
    """

    name: str
    ui: str
    scope: str
    entry_terms: tuple[str, ...]


def search_fields(fields: Sequence[Mapping[str, Any]]) -> tuple[SearchField, ...]:
    """Return the fields that people search in.

    Parameters
    ----------
    fields : sequence of mapping
        As EInfo describes them.

    Returns
    -------
    tuple of SearchField
        Without those that NCBI hides; by name.
    """
    shown = [
        SearchField(
            tag=str(field.get("Name", "")),
            name=str(field.get("FullName", "")),
            description=str(field.get("Description", "")),
            is_date=field.get("IsDate") == "Y",
        )
        for field in fields
        if field.get("IsHidden") != "Y" and field.get("Name")
    ]
    return tuple(sorted(shown, key=lambda field: field.name.casefold()))


def mesh_terms(summaries: Sequence[Mapping[str, Any]]) -> tuple[MeshTerm, ...]:
    """Return the headings of a reply of ESummary.

    Parameters
    ----------
    summaries : sequence of mapping
        As `read_summaries` gives them.

    Returns
    -------
    tuple of MeshTerm
        In their order, without entries that have no name.
    """
    found = []
    for summary in summaries:
        items = {key.lower(): value for key, value in summary.items()}
        names = [text for name in items.get("ds_meshterms", []) if (text := _line(name))]
        if names:
            others = dict.fromkeys(name for name in names[1:] if name != names[0])
            found.append(MeshTerm(names[0], _ui(items), _line(items.get("ds_scopenote", "")), tuple(others)))
    return tuple(found)


def _ui(items: Mapping[str, Any]) -> str:
    """Return the identifier; where the summary lacks it, that of a descriptor is in its Entrez number."""
    if stated := _line(items.get("ds_meshui", "")):
        return stated
    descriptor = re.fullmatch(r"68(\d{6,})", str(items.get("id", "")))
    return f"D{descriptor.group(1)}" if descriptor else ""


def _line(value: object) -> str:
    return " ".join(str(value).split())
