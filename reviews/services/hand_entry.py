"""Entering references by hand: by identifier, looked up in the services that know it, or typed in."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from reviews.access import Right, require
from reviews.dedupe import normalise
from reviews.errors import InvalidInput
from reviews.formats import ParsedRecord, normalise_doi, normalise_pmid
from reviews.formats.text import clean, squash
from reviews.models import Connector, RunMode, RunTrigger, SearchRun, Source, User
from reviews.services import searches
from reviews.services.bundles import add_to_list
from reviews.services.hand_runs import DOI, LINES, NOTHING, PMID, TRIAL, TYPED, Line

MOST_LINES = 500
_LONGEST_LINE = 500
_LONGEST_DOI = 90  # in the name of a record
_TRIAL = re.compile(r"\bNCT0*\d{1,8}\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?:pmid:?\s*)?0*(\d{1,8})", re.IGNORECASE)
_YEARS = range(1500, 2100)


@transaction.atomic
def add(*, by: User, source: Source, identifiers: str) -> SearchRun:
    """Queue the look-up of DOIs, PMIDs, trial numbers or addresses with one of them, one a line.

    A line that names nothing known is a problem of the run, by its text. Refuses a text without any.
    """
    locked = _locked(by, source)
    lines = list(_lines(identifiers))
    if not any(line.kind for line in lines):
        raise InvalidInput("Write DOIs, PMIDs or trial numbers, one a line.")
    if len(lines) > MOST_LINES:
        raise InvalidInput(f"Enter at most {MOST_LINES} lines at once; a longer list is better a file.")
    run = searches.queue(
        by=by,
        source=locked,
        trigger=RunTrigger.HAND,
        mode=RunMode.FULL,
        query_sent="\n".join(line.text for line in lines),
    )
    add_to_list(run, LINES, items=[line.values() for line in lines])
    return run


def _lines(text: str) -> Iterator[Line]:
    for row, written in enumerate(text.splitlines(), start=1):
        line = squash(clean(written))[:_LONGEST_LINE]
        if line:
            kind, value = identified(line)
            yield Line(row, line, kind, value)


def identified(line: str) -> tuple[str, str]:
    """What identifies the publication: a DOI before all, a bare number only where nothing else stands."""
    if doi := normalise_doi(line):
        return DOI, doi
    if trial := _TRIAL.search(line):
        return TRIAL, f"NCT{int(trial.group()[3:]):08d}"
    if number := _NUMBER.fullmatch(line.rstrip("., ")):
        return PMID, number.group(1)
    is_named = "pmid" in line.casefold() or "pubmed" in line.casefold()
    if is_named and (pmid := normalise_pmid(line)):
        return PMID, pmid
    return NOTHING, ""


@transaction.atomic
def add_typed(
    *,
    by: User,
    source: Source,
    title: str,
    authors: str = "",
    year: int | None = None,
    journal: str = "",
    volume: str = "",
    issue: str = "",
    pages: str = "",
    doi: str = "",
    pmid: str = "",
    abstract: str = "",
    language: str = "",
    publication_type: str = "",
    url: str = "",
) -> SearchRun:
    """Queue one reference as it was typed; authors stand one a line, family name first.

    Refuses a reference without title, and identifiers, years and addresses that are none.
    """
    locked = _locked(by, source)
    record = _record(
        title=squash(clean(title)),
        abstract=clean(abstract.replace("\r\n", "\n").replace("\n", " ")).strip(),
        authors=tuple(name for line in re.split(r"[\n;]", authors) if (name := squash(clean(line)))),
        year=year,
        journal=squash(clean(journal)),
        volume=squash(clean(volume)),
        issue=squash(clean(issue)),
        pages=squash(clean(pages)),
        doi=_checked_doi(doi),
        pmid=_checked_pmid(pmid),
        language=squash(clean(language)),
        publication_types=(kind,) if (kind := squash(clean(publication_type))) else (),
        url=_checked_address(url),
    )
    run = searches.queue(
        by=by, source=locked, trigger=RunTrigger.HAND, mode=RunMode.FULL, query_sent=record.title
    )
    add_to_list(run, TYPED, items=[asdict(record)])
    return run


def _locked(by: User, source: Source) -> Source:
    locked = (
        Source.objects.select_for_update(of=("self",)).select_related("protocol__review").get(pk=source.pk)
    )
    require(by, locked.protocol.review, Right.SEARCH)
    if locked.connector != Connector.HAND:
        raise InvalidInput("References are entered by hand for a source that says so.")
    if locked.retired_at is not None:
        raise InvalidInput("{name} was taken out of the protocol.", name=locked.name)
    return locked


def _record(**fields: object) -> ParsedRecord:
    """One record; the same words typed twice are the same record."""
    if not fields["title"]:
        raise InvalidInput("A reference needs a title.")
    if fields["year"] is not None and fields["year"] not in _YEARS:
        raise InvalidInput("Write the year of publication with four digits.")
    raw = json.dumps(fields, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(raw.casefold().encode()).hexdigest()[:24]
    values: dict[str, object] = {
        "external_id": _name(str(fields["pmid"]), str(fields["doi"]), str(fields["title"]))
        or f"typed:{digest}",
        "keywords": (),
        "raw": raw,
        "row": 1,
    }
    return ParsedRecord(**(fields | values))  # type: ignore[arg-type]  # the fields are those of `add_typed`


def _name(pmid: str, doi: str, title: str) -> str:
    """By which what is typed again is a newer version; abstracts of one supplement share a DOI."""
    if pmid or not doi:
        return f"pmid:{pmid}" if pmid else ""
    titled = hashlib.sha256(f"{doi}\n{normalise.title(title)}".encode()).hexdigest()
    return f"doi:{doi[:_LONGEST_DOI]} {titled[:16]}"


def _checked_doi(text: str) -> str:
    doi = normalise_doi(text)
    if text.strip() and not doi:
        raise InvalidInput("“{text}” is no DOI: it begins with 10. and has a slash.", text=text.strip()[:80])
    return doi


def _checked_pmid(text: str) -> str:
    number = _NUMBER.fullmatch(text.strip())
    if text.strip() and number is None:
        raise InvalidInput("“{text}” is no PMID: it has up to eight digits.", text=text.strip()[:80])
    return number.group(1) if number else ""


def _checked_address(text: str) -> str:
    address = squash(clean(text))
    try:
        if address:
            URLValidator(schemes=["http", "https"])(address)
    except ValidationError as error:
        raise InvalidInput("“{text}” is no web address.", text=address[:80]) from error
    return address
