"""What a record says of its own standing: retracted, corrected, under concern."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from reviews.formats import ParsedRecord
from reviews.models import NoticeKind

# PubMed's kinds of links from an article to the notice about it. Those that end in "Of" or "For" go the other
# way: the record is the notice itself.
_RELATIONS = {
    "retractionin": NoticeKind.RETRACTED,
    "partialretractionin": NoticeKind.RETRACTED,
    "retractedandrepublishedin": NoticeKind.RETRACTED,
    "expressionofconcernin": NoticeKind.CONCERN,
    "erratumin": NoticeKind.CORRECTED,
    "correctedandrepublishedin": NoticeKind.CORRECTED,
    "updatein": NoticeKind.CORRECTED,
}
_RETRACTED_TYPES = {"retracted publication", "retracted"}
_LONGEST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one record that a source holds, or by its PMID about every record of the review."""

    kind: str
    external_id: str
    pmid: str = ""
    detail: str = ""

    def values(self) -> dict[str, Any]:
        """As JSON, for a list of the run."""
        return asdict(self)


def findings_of(record: ParsedRecord) -> Iterator[Finding]:
    """Every notice that the record carries; a publication type counts where no link says it better."""
    said = set()
    for relation, target in record.relations:
        kind = _RELATIONS.get(relation.replace(" ", "").casefold())
        if kind is not None:
            said.add(kind)
            yield Finding(kind, record.external_id, record.pmid, target[:_LONGEST_DETAIL])
    types = {name.casefold() for name in record.publication_types}
    if types & _RETRACTED_TYPES and NoticeKind.RETRACTED not in said:
        yield Finding(NoticeKind.RETRACTED, record.external_id, record.pmid)
