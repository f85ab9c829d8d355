"""Personas, reviews at the points where tests begin, and the guards of the test run."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from reviews import facts
from reviews.models import Review, Role, User
from reviews.services import outbox, protocols
from tests import factories

# How fast a machine makes examples says nothing of the code. The rest of the profile stays: CI has its own.
hypothesis_settings.register_profile(
    "patient",
    hypothesis_settings.get_profile(hypothesis_settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("patient")

SHARED = Path(os.environ.get("PERENNIAL_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The corpora beside the checkout: a user has none and skips, CI must have them."""
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI needs the corpora at {SHARED}")
        pytest.skip(f"no corpora at {SHARED}")
    return SHARED


@pytest.fixture(autouse=True)
def one_day() -> Iterator[None]:
    """No test sees the hour, or with it the day, change: many say "today" twice, or when a search is next."""
    now = datetime.now(UTC)
    if now.minute < 57:
        yield
        return
    with time_machine.travel(now + timedelta(minutes=5), tick=True):
        yield


@pytest.fixture(autouse=True)
def quiet_settings(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Tests publish no tasks unless they start a worker, write no files outside tmp, and hash fast."""
    settings.PUBLISH_TASKS = False  # type: ignore[attr-defined]  # pytest-django's settings wrapper
    # A message that was just sent counts as lost only after this: a busy machine may pause for five seconds.
    settings.SWEEP_SECONDS = 30.0  # type: ignore[attr-defined]  # as above
    settings.MEDIA_ROOT = tmp_path / "files"  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    settings.CACHES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    }
    settings.STORAGES = {  # type: ignore[attr-defined]
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def flushable(transactional_db: None) -> Iterator[None]:
    """For tests with real transactions: the flush after them deletes rows, which facts refuse."""
    facts.install_triggers()
    yield
    facts.drop_triggers()


@pytest.fixture
def relay(db: None) -> Callable[[], int]:
    """Run what the outbox holds, now."""
    return outbox.relay


def _person(role: str) -> User:
    return factories.user(f"{role.replace(' ', '-')}@example.org", role.capitalize())


@pytest.fixture
def lead(db: None) -> User:
    return _person("lead")


@pytest.fixture
def reviewer(db: None) -> User:
    return _person("reviewer A")


@pytest.fixture
def second_reviewer(db: None) -> User:
    return _person("reviewer B")


@pytest.fixture
def third_reviewer(db: None) -> User:
    return _person("reviewer C")


@pytest.fixture
def statistician(db: None) -> User:
    return _person("statistician")


@pytest.fixture
def observer(db: None) -> User:
    return _person("observer")


@pytest.fixture
def outsider(db: None) -> User:
    return _person("outsider")


@pytest.fixture
def review(
    lead: User,
    reviewer: User,
    second_reviewer: User,
    third_reviewer: User,
    statistician: User,
    observer: User,
) -> Review:
    """A review with its whole team and a filled protocol, before screening starts."""
    begun = factories.review(lead)
    for person, role in (
        (reviewer, Role.REVIEWER),
        (second_reviewer, Role.REVIEWER),
        (third_reviewer, Role.REVIEWER),
        (statistician, Role.STATISTICIAN),
        (observer, Role.OBSERVER),
    ):
        factories.member(begun, person, role)
    factories.fill_protocol(begun)
    return begun


@pytest.fixture
def started_review(review: Review, lead: User) -> Review:
    """The same review with screening started."""
    protocols.start_screening(by=lead, review=review)
    return review


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A test client signed in as the given person."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in
