"""Facts refuse change in the database itself."""

import pytest
from django.db import DatabaseError, transaction

from reviews import facts
from reviews.models import AuditEvent, Review


def test_a_fact_cannot_be_updated(review: Review) -> None:
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        AuditEvent.objects.filter(review_id=review.pk).update(verb="something.else")


def test_a_fact_cannot_be_deleted(review: Review) -> None:
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        AuditEvent.objects.filter(review_id=review.pk).delete()


def test_a_missing_trigger_is_an_error_of_the_system_check(db: None) -> None:
    assert facts.check_triggers(databases=["default"]) == []
    facts.drop_triggers()
    assert [error.id for error in facts.check_triggers(databases=["default"])] == ["reviews.E001"]
