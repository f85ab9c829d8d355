"""A publication with all that it is recognised by, and looking for its duplicates."""

from typing import Any

from reviews.models import Report, Review, SearchRun
from reviews.services import finding
from tests import factories

TITLE = "Humanised chimeric antigen receptor cells for refractory leukaemia in adults"
PAPER: dict[str, Any] = {
    "authors": ["Family, Given A", "Second, Given B"],
    "year": 2020,
    "journal": "Journal of Tests",
    "volume": "26",
    "pages": "1606-1615",
}


def paper(review: Review, title: str = TITLE, **values: Any) -> Report:
    return factories.report(review, title, **{**PAPER, **values})


def last_run(review: Review) -> int:
    return SearchRun.objects.filter(review=review).latest("id").pk


def find(review: Review) -> int:
    """Compare what the last run brought; returns how many were merged."""
    return finding.find_duplicates(review_id=review.pk, run_id=last_run(review))
