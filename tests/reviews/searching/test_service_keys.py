"""People's own keys: never in the clear at rest, in logs or on pages; used for the runs that they are for."""

import logging

import pytest
from django.conf import LazySettings

from reviews.errors import InvalidInput
from reviews.models import AuditEvent, Review, RunTrigger, SearchRun, ServiceKey, Source, User
from reviews.services import clients, pacing, searches, service_keys
from tests.fakes.eutils import FakeEutils

KEY = "0123456789abcdef0123456789abcdef1234"
OTHER = "fedcba9876543210fedcba9876543210abcd"


def _run(source: Source, *, by: User | None, trigger: RunTrigger = RunTrigger.HAND) -> SearchRun:
    return SearchRun(
        review=source.protocol.review, source=source, trigger=trigger, requested_by=by, query_sent="report"
    )


def test_a_key_is_kept_encrypted_and_known_by_its_ending(
    lead: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        kept = service_keys.set_key(by=lead, service="ncbi", key=f" {KEY} ")

    assert kept.ending == "1234"
    assert KEY not in kept.ciphertext
    assert KEY not in caplog.text
    assert not AuditEvent.objects.filter(target_type="reviews.servicekey").exists()
    assert service_keys.key_of(lead) == KEY
    assert [(one.service, one.ending) for one in service_keys.keys_of(lead)] == [("ncbi", "1234")]


def test_a_second_key_takes_the_place_of_the_first_and_can_be_forgotten(lead: User) -> None:
    service_keys.set_key(by=lead, service="ncbi", key=KEY)
    service_keys.set_key(by=lead, service="ncbi", key=OTHER)
    assert service_keys.key_of(lead) == OTHER

    service_keys.forget(by=lead, service="ncbi")

    assert service_keys.key_of(lead) == ""
    assert not ServiceKey.objects.exists()


@pytest.mark.parametrize("key", ["", "short", "with spaces in the middle", "x" * 200, "ä0123456789abcdef"])
def test_what_cannot_be_a_key_is_refused(lead: User, key: str) -> None:
    with pytest.raises(InvalidInput, match="copy it whole"):
        service_keys.set_key(by=lead, service="ncbi", key=key)


def test_an_unknown_service_takes_no_key(lead: User) -> None:
    with pytest.raises(InvalidInput, match="takes no key"):
        service_keys.set_key(by=lead, service="altavista", key=KEY)


def test_a_run_by_hand_takes_the_key_of_whoever_asked_and_else_the_installs(
    source: Source, lead: User, reviewer: User, settings: LazySettings
) -> None:
    settings.ENTREZ_API_KEY = "theinstalls"
    service_keys.set_key(by=lead, service="ncbi", key=KEY)

    assert service_keys.key_for(_run(source, by=lead)) == KEY
    assert service_keys.key_for(_run(source, by=reviewer)) == "theinstalls"


def test_a_scheduled_run_takes_the_key_of_a_lead_who_lends_it(
    review: Review, source: Source, lead: User, reviewer: User, settings: LazySettings
) -> None:
    settings.ENTREZ_API_KEY = ""
    service_keys.set_key(by=reviewer, service="ncbi", key=OTHER, for_schedules=True)
    service_keys.set_key(by=lead, service="ncbi", key=KEY)
    scheduled = _run(source, by=None, trigger=RunTrigger.SCHEDULE)
    assert service_keys.key_for(scheduled) == ""

    service_keys.set_for_schedules(by=lead, service="ncbi", for_schedules=True)

    assert service_keys.key_for(scheduled) == KEY


def test_a_key_of_another_secret_is_no_key_and_no_crash(
    source: Source, lead: User, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    service_keys.set_key(by=lead, service="ncbi", key=KEY)
    settings.SECRET_KEY = "another"

    assert service_keys.key_of(lead) == ""
    assert "not of this SECRET_KEY" in caplog.text


def test_the_key_goes_with_every_request_of_the_run(pubmed: FakeEutils, source: Source, lead: User) -> None:
    service_keys.set_key(by=lead, service="ncbi", key=KEY)

    searches.execute(searches.request_run(by=lead, source=source).pk)

    assert {request.form.get("api_key") for request in pubmed.requests} == {KEY}


def test_each_key_has_a_pace_of_its_own_whose_name_does_not_give_it_away() -> None:
    names = {pacing.pace_of("entrez"), pacing.pace_of("entrez", KEY), pacing.pace_of("entrez", OTHER)}

    assert len(names) == 3
    assert not [name for name in names if KEY in name or OTHER in name]
    assert pacing.pace_of("entrez", KEY) == pacing.pace_of("entrez", KEY)


def test_contact_is_named_to_the_services(settings: LazySettings) -> None:
    settings.ENTREZ_EMAIL = "team@example.org"
    assert clients.contact() == "team@example.org"
