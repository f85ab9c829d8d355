"""The welcome page lists what can be read."""

from django.test import Client

from analysis.services import versions
from reviews.models import Review, User
from reviews.services import reviews


def test_a_public_review_is_listed_once_it_is_published(started_review: Review, lead: User) -> None:
    reviews.change_settings(by=lead, review=started_review, is_public=True)
    assert started_review.title.encode() not in Client().get("/").content
    versions.publish(by=lead, review=started_review)
    assert started_review.title.encode() in Client().get("/").content
