"""The fields of a publication from all the records of it: the richest of each, without mixing two places."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reviews.models import Bibliographic, Record, Report
from reviews.selectors.counted import told_by
from reviews.services import bulk
from reviews.services.matching import AGAIN

_TEXTS = ("title", "journal", "volume", "issue", "pages", "doi", "pmid", "language", "url")
_LISTS = ("authors", "publication_types", "keywords")
FIELDS = (*_TEXTS, *_LISTS, "abstract", "year")
_CHUNK = 500

_CUT = re.compile(r"(\.\.\.|…)\s*$")
_GIVEN_IN_FULL = re.compile(r"[^,]+,\s*\w*[^\W\d_]{2}")  # "Berg, Anna", not "Berg, A" or "Berg A"
_OTHERS = re.compile(r"^(et\.? al\.?|others|\.\.\.|…)$", re.IGNORECASE)
_NOT_ALNUM = re.compile(r"[\W_]+")


def refresh_reports(report_ids: Iterable[int]) -> None:
    """Write into standing reports the richest of each field from the counted records merged into them.

    Two queries and one statement for some hundred reports; a report whose fields stay is not written.
    """
    wanted = sorted(set(report_ids))
    for start in range(0, len(wanted), _CHUNK):
        _refresh(wanted[start : start + _CHUNK])


def _refresh(ids: Sequence[int]) -> None:
    rows = [(*(fields[name] for name in FIELDS), report.pk) for report, fields in outdated(ids)]
    bulk.update(Report, FIELDS, key="id", rows=rows)


def outdated(report_ids: Sequence[int]) -> Iterator[tuple[Report, dict[str, Any]]]:
    """Of some hundred reports those that do not say the richest of their records, with what that is."""
    heads = _heads(report_ids)
    for report in Report.objects.filter(pk__in=report_ids).order_by("pk"):
        if records := heads.get(report.pk):
            fields = richest(records)
            if any(getattr(report, name) != fields[name] for name in FIELDS):
                yield report, fields


def _heads(ids: Sequence[int]) -> dict[int, list[Record]]:
    """The newest versions of the counted records of each report, those merged into it too, in their order."""
    wanted = set(ids)
    filed = Record.objects.filter(told_by(ids), seq__isnull=False)
    found: dict[int, list[Record]] = defaultdict(list)
    for record in filed.select_related("filed__report").defer("raw").order_by("seq", "pk"):
        report = record.filed.report
        for pk in {report.pk, report.canonical_id or report.pk} & wanted:
            found[pk].append(record)
    return {pk: list(_newest(records)) for pk, records in found.items()}


def of_their_own(report_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The richest fields of each report from the records filed with itself, merged or not.

    Of those that count, or of all where none does.
    """
    filed = Record.objects.filter(filed__report__in=list(report_ids)).select_related("filed").defer("raw")
    found: dict[int, list[Record]] = defaultdict(list)
    for record in filed.order_by("seq", "pk"):
        found[record.filed.report_id].append(record)
    fields = {}
    for pk, records in found.items():
        counted = [record for record in records if record.seq is not None]
        fields[pk] = richest(list(_newest(counted or records)))
    return fields


def _newest(records: Sequence[Record]) -> Iterator[Record]:
    superseded = {record.revises_id for record in records}
    return (one for one in records if one.pk not in superseded and AGAIN not in one.content_hash)


def richest(records: Sequence[Bibliographic]) -> dict[str, Any]:
    """The best value of each field; where two are as good, that of the record that came first.

    Year, volume, issue and pages are those of the record that says most of where it was printed, so that an
    article ahead of print and the printed one do not become a place that does not exist.
    """
    placed = sorted(records, key=_place, reverse=True)
    return {
        "title": _title([one.title for one in records]),
        "abstract": max((one.abstract for one in records), key=lambda text: (_is_sound(text), len(text))),
        "authors": max((one.authors for one in records), key=_people),
        "year": next((one.year for one in placed if one.year), None),
        "journal": max((one.journal for one in records), key=lambda text: (_is_sound(text), len(text))),
        "volume": _first(one.volume for one in placed),
        "issue": _first(one.issue for one in placed),
        "pages": _first(one.pages for one in placed),
        "doi": _most_named(one.doi for one in records),
        "pmid": _most_named(one.pmid for one in records),
        "language": _first(one.language for one in records),
        "url": _first(one.url for one in records),
        "publication_types": _union(one.publication_types for one in records),
        "keywords": _union(one.keywords for one in records),
    }


def _place(record: Bibliographic) -> tuple[int, bool]:
    parts = (record.year, record.volume, record.issue, record.pages)
    return sum(map(bool, parts)), "-" in record.pages


def _is_sound(text: str) -> bool:
    """Whether a text is there, was decoded well, and does not shout."""
    return bool(text) and "\ufffd" not in text and not text.isupper()


def _title(titles: Sequence[str]) -> str:
    """The first that is whole; a later one that only says more, such as a subtitle, takes its place."""
    best = max(titles, key=lambda text: (_is_sound(text), bool(text) and not _CUT.search(text)))
    for title in titles:
        longer = _letters(title).startswith(_letters(best)) and len(_letters(title)) > len(_letters(best))
        if longer and _is_sound(title) >= _is_sound(best) and not title.rstrip().endswith("]"):
            best = title
    return best


def _letters(text: str) -> str:
    return _NOT_ALNUM.sub("", _CUT.sub("", text)).casefold()


def _people(authors: Sequence[str]) -> tuple[int, int, int]:
    """How many are named, how many of them with a given name in full, and how much is said of them."""
    named = [name for name in authors if not _OTHERS.match(name.strip())]
    full = sum(bool(_GIVEN_IN_FULL.match(name)) for name in named)
    return len(named), full, sum(map(len, named))


def _first(values: Iterable[str]) -> str:
    return next(filter(None, values), "")


def _most_named(values: Iterable[str]) -> str:
    """What most records say; a counter keeps the order in which values came."""
    ranked = Counter(filter(None, values)).most_common(1)
    return ranked[0][0] if ranked else ""


def _union(lists: Iterable[Sequence[str]]) -> list[str]:
    """All values, each once, whatever its case."""
    found: dict[str, str] = {}
    for values in lists:
        for value in values:
            found.setdefault(value.casefold(), value)
    return list(found.values())
