"""Whether duplicates are still being looked for."""

from reviews.models import Delivery, OutboxEvent, Review

# As config.event_handlers names what compares, and by which topics it is told.
_HANDLERS = ("reviews.handlers.find_duplicates", "reviews.handlers.compare_restored")
_TOPICS = ("records.added", "run.restored", "duplicates.waiting")


def is_comparing(review: Review) -> bool:
    """Whether what a run brought waits to be compared, so that the numbers of duplicates will change."""
    held = Delivery.objects.filter(
        event__review_id=review.pk, delivered_at__isnull=True, handler__in=_HANDLERS
    )
    told = OutboxEvent.objects.filter(review_id=review.pk, relayed_at__isnull=True, topic__in=_TOPICS)
    return held.exists() or told.exists()
