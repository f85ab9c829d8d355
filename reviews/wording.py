"""How the pages say why two publications are held to be one, and what a row's problem is."""

from collections.abc import Mapping

from reviews.models import Source, Weekday

# What a publication says of itself, in the order in which pages show it.
FIELDS = (
    ("title", "Title"),
    ("authors", "Authors"),
    ("year", "Year"),
    ("journal", "Journal"),
    ("volume", "Volume"),
    ("issue", "Issue"),
    ("pages", "Pages"),
    ("doi", "DOI"),
    ("pmid", "PMID"),
    ("publication_types", "Kind"),
    ("language", "Language"),
    ("keywords", "Keywords"),
    ("url", "Address"),
    ("abstract", "Abstract"),
)
_RULES = {
    "same_pmid": "the same PMID",
    "same_doi": "the same DOI and titles alike",
    "same_reference": "the same title and authors in the same place",
    "same_place": "the same pages of the same volume, by the same authors",
    "same_text": "the same title and the same abstract, and nothing that contradicts",
    "other_pmid": "alike, but with different PMIDs",
    "other_doi": "alike, but with different DOIs",
    "other_version": "alike, but one may be an update of the other",
    "no_place": "the same title, but one says neither where it was printed nor what it is about",
    "other_place": "alike, but printed in different places",
    "other_kind": "alike, but one may be a correction, reply, abstract or preprint of the other",
    "alike": "alike in title and in other fields",
    "by hand": "merged by hand",
    "told": "told apart by a person",
}
_EVIDENCE = {
    "author": "authors",
    "journal": "journal",
    "volume": "volume",
    "issue": "issue",
    "page": "pages",
    "doi": "DOI",
    "pmid": "PMID",
    "abstract": "abstract",
}
_PROBLEMS = {
    "repeated": "The same record again",
    "not_delivered": "Asked for and not delivered",
    "pmid_not_known": "PubMed does not know this PMID: it may be mistyped",
    "delivered_twice": "Delivered twice, kept once",
    "no_identifier": "Nothing that identifies it",
    "not_found": "Not known to the services asked",
    "seed_not_known": "A publication to start from that no service knows",
    "seed_without_identifier": "A publication to start from without DOI and PMID",
    "truncated": "The file ends inside this record",
    "missing_end": "The end of the record is missing",
    "missing_type": "The record has no type",
    "no_title": "No title",
    "unreadable_characters": "Characters that could not be read",
    "unclosed_quote": "A quotation mark is not closed",
    "too_many_cells": "More cells than the header",
    "unreadable_row": "The row cannot be read",
    "malformed_xml": "The XML is broken here",
    "cut_short": "The file ends early: records after this place may be missing",
    "deleted_citation": "PubMed has deleted this citation",
    "unbalanced_braces": "Braces that do not match",
    "stray_text": "Text that belongs to no record",
    "sheet_not_read": "A sheet of the workbook is left out",
    "member_not_read": "A file of the archive is left out",
    "damaged_archive": "The archive is damaged",
}


def rule(name: str) -> str:
    """The rule of a merge or of a question, in words."""
    if name.startswith("confirmed: "):
        return f"confirmed by a person; {rule(name.removeprefix('confirmed: '))}"
    return _RULES.get(name.removesuffix("_weak"), name)


def evidence(found: Mapping[str, object]) -> list[str]:
    """What agreed and what did not, one phrase a field; fields that one side lacks are left out."""
    phrases = []
    title, year = found.get("title"), found.get("year")
    if isinstance(title, float | int):
        phrases.append("same title" if title == 1 else f"titles {title * 100:.0f} % alike")
    for name, label in _EVIDENCE.items():
        if isinstance(found.get(name), bool):
            phrases.append(f"same {label}" if found[name] else f"different {label}")
    if isinstance(year, int) and not isinstance(year, bool):
        phrases.append("same year" if year == 0 else f"{year} {'year' if year == 1 else 'years'} apart")
    if found.get("marks"):
        phrases.append(f"only one is marked: {found['marks']}")
    return phrases


def field_value(value: object) -> str:
    """A field of a record as it is shown: lists with semicolons, nothing as nothing."""
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return "" if value is None else str(value)


def schedule(source: Source) -> str:
    """When a source is searched by itself, in words; "" where it is not."""
    at = f"at {source.hour:02d}:00"
    if source.cron:
        return f"By the expression {source.cron}"
    if source.weekday is not None:
        return f"Each {Weekday(source.weekday).label} {at}"
    if source.interval_days is not None:
        days = "Every day" if source.interval_days == 1 else f"Every {source.interval_days} days"
        return f"{days} {at}"
    return ""


def problem(code: str) -> str:
    """What is wrong with a row."""
    return _PROBLEMS.get(code, code.replace("_", " "))
