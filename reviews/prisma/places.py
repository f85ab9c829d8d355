"""Where a record stands: the closed set of places in the flow, of which every record has exactly one."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """A place in the PRISMA 2020 flow, or one of the places for work under way."""

    DUPLICATE = "duplicate"
    REMOVED_AUTOMATIC = "removed_automatic"
    REMOVED_OTHER = "removed_other"
    AWAITING_SCREENING = "awaiting_screening"
    EXCLUDED_SCREENING = "excluded_screening"
    AWAITING_RETRIEVAL = "awaiting_retrieval"
    NOT_RETRIEVED = "not_retrieved"
    AWAITING_ASSESSMENT = "awaiting_assessment"
    EXCLUDED_ASSESSMENT = "excluded_assessment"
    AWAITING_CLASSIFICATION = "awaiting_classification"
    ONGOING = "ongoing"
    INCLUDED = "included"


class SourceKind(StrEnum):
    """What kind of place a record was found in; the flow's first boxes."""

    DATABASE = "database"
    REGISTER = "register"
    WEBSITE = "website"
    ORGANISATION = "organisation"
    CITATIONS = "citations"


@dataclass(frozen=True, slots=True)
class Classified:
    """One record and its place.

    Attributes
    ----------
    record : int
        Id of the record; a record that is classified twice is a fault that `identities` reports.
    place : Place or None
        None where nothing says where the record stands, which `identities` reports too.
    source : str
        Name of the source that found the record first.
    source_kind : str
        A value of `SourceKind`.
    report : int
        Id of the report (publication) that the record tells of.
    study : int or None
        Id of the study, once the report belongs to one.
    reason : str
        Primary reason, where the place is ``excluded_assessment``.
    """

    record: int
    place: Place | None
    source: str
    source_kind: str
    report: int
    study: int | None = None
    reason: str = ""


def place_of(
    *,
    is_duplicate: bool,
    removed: str,
    screening: str | None,
    retrieval: str,
    assessment: str | None,
    eligibility: str | None,
) -> Place | None:
    """Decide the place of one record from what is known of it.

    Parameters
    ----------
    is_duplicate : bool
        Whether another record stands for the same report.
    removed : {"", "automatic", "other"}
        Whether it was taken out before anyone screened it, and by whom.
    screening : {"open", "conflict", "included", "excluded"} or None
        State at title and abstract; None where there is no state, which is a fault.
    retrieval : {"", "wanted", "requested", "retrieved", "not_retrieved"}
        Where the full text is.
    assessment : {"open", "conflict", "included", "excluded"} or None
        State at full text; None before the report gets there.
    eligibility : {"included", "excluded", "ongoing", "awaiting"} or None
        Of the study that the report belongs to; None where it belongs to none yet.

    Returns
    -------
    Place or None
        None where the record has no state at title and abstract.

    Raises
    ------
    ValueError
        If a state is none of those named above.

    Notes
    -----
    The earlier fact wins: a duplicate is a duplicate whatever was voted before the merge, and a report whose
    title and abstract are open again waits there, whatever was decided of its full text.
    """
    if is_duplicate:
        return Place.DUPLICATE
    if removed:
        return Place(f"removed_{removed}")
    match screening:
        case None:
            return None
        case "open" | "conflict":
            return Place.AWAITING_SCREENING
        case "excluded":
            return Place.EXCLUDED_SCREENING
        case "included":
            return _after_screening(retrieval, assessment, eligibility)
    raise ValueError(f"screening {screening!r} is not open, conflict, included or excluded")


def _after_screening(retrieval: str, assessment: str | None, eligibility: str | None) -> Place:
    if assessment not in {None, "open", "conflict", "included", "excluded"}:
        raise ValueError(f"assessment {assessment!r} is not open, conflict, included or excluded")
    if retrieval not in {"", "wanted", "requested", "retrieved", "not_retrieved"}:
        raise ValueError(f"retrieval {retrieval!r} is not wanted, requested, retrieved or not_retrieved")
    # A settled assessment says that the full text was read, whatever the retrieval log says.
    if assessment == "excluded":
        return Place.EXCLUDED_ASSESSMENT
    if assessment == "included":
        return _after_assessment(eligibility)
    if retrieval == "not_retrieved":
        return Place.NOT_RETRIEVED
    return Place.AWAITING_ASSESSMENT if retrieval == "retrieved" else Place.AWAITING_RETRIEVAL


def _after_assessment(eligibility: str | None) -> Place:
    match eligibility:
        case "included":
            return Place.INCLUDED
        case "excluded":
            return Place.EXCLUDED_ASSESSMENT
        case "ongoing":
            return Place.ONGOING
        case "awaiting" | None:
            return Place.AWAITING_CLASSIFICATION
    raise ValueError(f"eligibility {eligibility!r} is not included, excluded, ongoing or awaiting")
