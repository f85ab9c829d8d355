"""One article, and what the rules say of its variants."""

from collections.abc import Iterable

from reviews.dedupe import Entry, KeyIndex, Match, entry, find, judge
from reviews.formats import ParsedRecord

ARTICLE = ParsedRecord(
    external_id="",
    title="Drug alpha for marsh fever in adults: a randomised trial",
    abstract="",
    authors=("Berg, Anna", "Holm, Lars"),
    year=2020,
    journal="American Journal of Fever",
    volume="12",
    issue="3",
    pages="101-110",
    doi="",
    pmid="",
    language="",
    publication_types=("Journal Article",),
    keywords=(),
    url="",
    raw="",
    row=1,
)


def verdict(one: ParsedRecord, other: ParsedRecord) -> tuple[str, str]:
    """Kind and rule, the same in either order; two empty strings where there is no verdict."""
    forward, backward = judge(entry(1, one), entry(2, other)), judge(entry(2, other), entry(1, one))
    assert (forward is None) == (backward is None)
    if forward is None or backward is None:
        return "", ""
    assert (forward.kind, forward.rule, forward.score) == (backward.kind, backward.rule, backward.score)
    return forward.kind, forward.rule


def find_all(entries: Iterable[Entry]) -> list[Match]:
    """Everything found among these entries alone."""
    return find(entries, KeyIndex())
