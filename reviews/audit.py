"""Write who did what. For votes, answers and values give the fact's id, never what they say."""

from typing import Any

from django.db.models import Model

from reviews import request_id
from reviews.models import AuditEvent, User


def record(
    *,
    by: User | None,
    verb: str,
    target: Model,
    review_id: int | None,
    seq: int,
    old: Any = None,
    new: Any = None,
) -> None:
    """Add one audit row in the caller's transaction."""
    AuditEvent.objects.create(
        review_id=review_id,
        actor_id=by.pk if by else None,
        verb=verb,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        old=old,
        new=new,
        request_id=request_id.current.get()[:32],
        seq=seq,
    )
