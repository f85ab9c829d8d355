"""The order of facts in a review: one counter row, taken last in a transaction."""

from django.db import connection
from django.db.models import F

from reviews.models import ReviewCounter


def take(review_id: int, count: int = 1) -> int:
    """Reserve `count` numbers and return the last of them.

    The counter row stays locked until the transaction ends, so take it after every other lock: taken early,
    it would put all writers of the review in one line.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("sequence.take needs the transaction that writes the facts")
    ReviewCounter.objects.filter(review_id=review_id).update(n=F("n") + count)
    return int(ReviewCounter.objects.values_list("n", flat=True).get(review_id=review_id))
