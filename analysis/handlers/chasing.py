"""A source of citations is due: it starts from what is included now. May run twice."""

from analysis.services import chasing
from reviews.models import Connector, Source


def source_due(*, review_id: int, source: int) -> None:
    """Queue the chase that the schedule asked for, unless the source was taken out since."""
    due = (
        Source.objects.select_related("protocol__review")
        .filter(
            pk=source,
            protocol__review_id=review_id,
            connector=Connector.CITATIONS,
            retired_at__isnull=True,
        )
        .first()
    )
    if due is not None:
        chasing.request_due(source=due)
