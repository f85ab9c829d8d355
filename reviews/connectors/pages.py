"""From items of an answer to a page of records, with a problem for each item that is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from reviews.connectors.base import Page
from reviews.formats import ParsedRecord, RowProblem

Reader = Callable[[dict[str, Any]], ParsedRecord]


def page_of(items: Iterable[dict[str, Any]], reader: Reader, *, cursor: str = "") -> Page:
    """Read each item, number it, and name what is amiss with it.

    Parameters
    ----------
    items : iterable of dict
        As the service gave them.
    reader : callable
        Makes a record of one item.
    cursor : str
        Where to go on.

    Returns
    -------
    Page
        A record without an identifier is refused, one without a title is kept; both are named.
    """
    return numbered((reader(item) for item in items), cursor=cursor)


def numbered(found: Iterable[ParsedRecord], *, cursor: str = "") -> Page:
    """Give records their places in a page, and name what is amiss with them.

    Parameters
    ----------
    found : iterable of ParsedRecord
        With any row.
    cursor : str
        Where to go on.

    Returns
    -------
    Page
        As `page_of`.
    """
    records, problems = [], []
    for row, record in enumerate(found, start=1):
        if not record.external_id:
            problems.append(
                RowProblem(row=row, code="no_identifier", detail=record.title or record.raw[:200])
            )
            continue
        if not record.title:
            problems.append(RowProblem(row=row, code="no_title", detail=record.external_id, kept=True))
        records.append(replace(record, row=row))
    return Page(tuple(records), tuple(problems), cursor)


def asked_for(ids: Sequence[str], page: Page, keys: Callable[[ParsedRecord], Sequence[str]]) -> Page:
    """Put records into the order in which they were asked for; name those that did not come.

    Parameters
    ----------
    ids : sequence of str
        What was asked for.
    page : Page
        What came, in any order.
    keys : callable
        Under which identifiers a record may have been asked for.

    Returns
    -------
    Page
        ``row`` is the place among `ids`.
    """
    by_key: dict[str, ParsedRecord] = {}
    for record in page.records:
        for key in keys(record):
            by_key.setdefault(key.casefold(), record)
    records, problems = [], []
    for row, name in enumerate(ids, start=1):
        found = by_key.get(name.strip().casefold())
        if found is None:
            problems.append(RowProblem(row=row, code="not_delivered", detail=name))
            continue
        records.append(replace(found, row=row))
        if not found.title:
            problems.append(RowProblem(row=row, code="no_title", detail=name, kept=True))
    return Page(tuple(records), tuple(problems), "")
