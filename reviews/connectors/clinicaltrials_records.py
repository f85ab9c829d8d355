"""Registrations of ClinicalTrials.gov as records."""

from __future__ import annotations

from typing import Any

from reviews.connectors.json_values import at, items_at, source_text, text_at, texts_at
from reviews.connectors.people import family_first, without_degrees
from reviews.formats import ParsedRecord, normalise_pmid
from reviews.formats.identifiers import year_in
from reviews.formats.markup import plain, plain_line

_REGISTER = "ClinicalTrials.gov"
_ADDRESS = "https://clinicaltrials.gov/study/"
_KIND = "Trial registration"
_NO_PHASE = "NA"
_WITH_RESULTS = "Results posted"


def read_study(item: dict[str, Any]) -> ParsedRecord:
    """Make a record of one registration.

    Parameters
    ----------
    item : dict
        One entry of ``studies``.

    Returns
    -------
    ParsedRecord
        ``external_id`` is the NCT number; the register stands as the journal, investigators and sponsor as
        the authors, conditions and interventions as keywords.
    """
    study = at(item, "protocolSection")
    number = text_at(study, "identificationModule", "nctId").upper()
    return ParsedRecord(
        external_id=number,
        title=_title(study),
        abstract=_abstract(study),
        authors=_authors(study),
        year=year_in(
            text_at(study, "statusModule", "startDateStruct", "date")
            or text_at(study, "statusModule", "studyFirstPostDateStruct", "date")
            or text_at(study, "statusModule", "studyFirstSubmitDate")
        ),
        journal=_REGISTER,
        volume="",
        issue="",
        pages="",
        doi="",
        pmid="",
        language="",
        publication_types=_kinds(item, study),
        keywords=_keywords(study),
        url=f"{_ADDRESS}{number}" if number else "",
        raw=source_text(item),
        row=1,
        relations=_relations(study),
    )


def _title(study: object) -> str:
    names = at(study, "identificationModule")
    title = plain_line(text_at(names, "officialTitle") or text_at(names, "briefTitle"))
    acronym = text_at(names, "acronym")
    return f"{title} ({acronym})" if title and acronym and acronym not in title else title or acronym


def _abstract(study: object) -> str:
    summary = at(study, "descriptionModule", "briefSummary")
    lines = [plain(summary) if isinstance(summary, str) else ""]
    outcomes = [text_at(one, "measure") for one in items_at(study, "outcomesModule", "primaryOutcomes")]
    if outcomes := [outcome for outcome in outcomes if outcome]:
        lines.append(f"Primary outcomes: {'; '.join(outcomes)}")
    return "\n".join(line for line in lines if line)


def _authors(study: object) -> tuple[str, ...]:
    officials = [
        family_first(without_degrees(text_at(one, "name")))
        for one in items_at(study, "contactsLocationsModule", "overallOfficials")
    ]
    sponsor = text_at(study, "sponsorCollaboratorsModule", "leadSponsor", "name")
    # A comma would make a family name of it: "Doe Institute, Inc." is no person.
    names = [*officials, sponsor.replace(",", "")]
    return tuple(dict.fromkeys(name for name in names if name))


def _kinds(item: dict[str, Any], study: object) -> tuple[str, ...]:
    """Return what a screener wants to know of a registration: design, phase, and how far it has come."""
    kinds = [
        _KIND,
        _words(text_at(study, "designModule", "studyType")),
        *(_words(phase) for phase in texts_at(study, "designModule", "phases") if phase != _NO_PHASE),
        _words(text_at(study, "statusModule", "overallStatus")),
        _WITH_RESULTS if at(item, "hasResults") is True else "",
    ]
    return tuple(dict.fromkeys(kind for kind in kinds if kind))


def _words(code: str) -> str:
    """Return "ACTIVE_NOT_RECRUITING" as "Active not recruiting", and "PHASE2" as "Phase 2"."""
    words = code.replace("_", " ").capitalize()
    return words.replace("hase", "hase ") if words.startswith(("Phase", "Early phase")) else words


def _keywords(study: object) -> tuple[str, ...]:
    interventions = items_at(study, "armsInterventionsModule", "interventions")
    words = (
        *texts_at(study, "conditionsModule", "conditions"),
        *(text_at(one, "name") for one in interventions),
        *texts_at(study, "conditionsModule", "keywords"),
    )
    return tuple(dict.fromkeys(word for word in words if word))


def _relations(study: object) -> tuple[tuple[str, str], ...]:
    """Return the articles that the registration names as its results, by PMID."""
    named = items_at(study, "referencesModule", "references")
    pmids = (
        normalise_pmid(text_at(one, "pmid")) for one in named if text_at(one, "type").upper() == "RESULT"
    )
    return tuple(dict.fromkeys(("ResultsIn", pmid) for pmid in pmids if pmid))
