"""What one act of a person or a rule leaves behind: facts of one seq, audit rows, events told once."""

from functools import cached_property
from typing import Any

from django.db.models import Model

from reviews import audit, events, sequence
from reviews.models import User


class Act:
    """Lives inside the service's transaction; `seq` is taken for the first fact, after all locks."""

    def __init__(self, *, by: User | None, review_id: int) -> None:
        self.by = by
        self.review_id = review_id
        self._told: set[tuple[str, tuple[tuple[str, int], ...]]] = set()

    @cached_property
    def seq(self) -> int:
        return sequence.take(self.review_id)

    def audit(self, verb: str, target: Model, *, old: Any = None, new: Any = None) -> None:
        audit.record(
            by=self.by,
            verb=verb,
            target=target,
            review_id=self.review_id,
            seq=self.seq,
            old=old,
            new=new,
        )

    def emit(self, topic: str, **ids: int) -> None:
        """Tell an event; the same one only once in an act."""
        key = (topic, tuple(sorted(ids.items())))
        if key not in self._told:
            self._told.add(key)
            events.emit(topic, review_id=self.review_id, **ids)
