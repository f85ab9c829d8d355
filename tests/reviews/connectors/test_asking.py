"""One JSON request: repeated while the fault may pass, refused by name when it will not."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from reviews.connectors import (
    KeyRefused,
    QueryTooLong,
    ServiceBusy,
    ServiceMoved,
    ServiceRefused,
    ServiceUnavailable,
    UnexpectedAnswer,
)
from reviews.connectors.asking import LONGEST_WAIT, stated
from tests.fakes.europepmc import FakeEuropePmc
from tests.fakes.json_server import STORM, Fault
from tests.reviews.connectors.conftest import Ask

QUERY = {"query": "zinc", "format": "json"}


@pytest.fixture
def fake() -> FakeEuropePmc:
    return FakeEuropePmc()


@pytest.mark.parametrize("fault", [*STORM, "403"])
def test_a_passing_fault_is_answered_by_asking_again(
    fake: FakeEuropePmc, ask: Ask, naps: list[float], fault: Fault
) -> None:
    with fake:
        fake.fail(fault, fault)

        answer = ask(fake).get("search", QUERY)

    assert answer["hitCount"] == 30
    assert len(fake.requests) == 3
    assert len(naps) == 2
    assert naps[0] < naps[1]


def test_a_service_that_hangs_is_asked_again(fake: FakeEuropePmc, ask: Ask, naps: list[float]) -> None:
    fake.hang_seconds = 60
    with fake:
        fake.fail("timeout")

        answer = ask(fake, is_hasty=True).get("search", QUERY)

    assert answer["hitCount"] == 30
    assert len(fake.requests) >= 2  # more where this machine kept a good answer too long
    assert len(naps) >= 1


def test_a_client_says_who_asks(fake: FakeEuropePmc, ask: Ask) -> None:
    with fake:
        ask(fake).get("search", QUERY)

    assert fake.requests[0].headers["user-agent"] == "Perennial/0.1 (mailto:lead@example.org)"


def test_an_address_that_no_header_can_hold_is_left_out(fake: FakeEuropePmc, ask: Ask) -> None:
    with fake:
        ask(fake, email="läad@example.org\r\nX: y").get("search", QUERY)

    assert fake.requests[0].headers["user-agent"] == "Perennial/0.1"


def test_the_wait_that_the_service_asks_for_is_kept(fake: FakeEuropePmc, ask: Ask, naps: list[float]) -> None:
    with fake:
        fake.retry_after = "17"
        fake.fail("429")
        ask(fake).get("search", QUERY)

    assert naps == [17.0]


def test_the_wait_may_be_stated_as_a_date(fake: FakeEuropePmc, ask: Ask, naps: list[float]) -> None:
    with fake:
        fake.retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=110), usegmt=True)
        fake.fail("429")
        ask(fake).get("search", QUERY)

    assert 10 < naps[0] <= 110  # what this machine needed meanwhile is taken off


@pytest.mark.parametrize("header", ["soon", "-5", "", "Wed, 99 Nov"])
def test_a_wait_that_means_nothing_is_passed_over(
    fake: FakeEuropePmc, ask: Ask, naps: list[float], header: str
) -> None:
    with fake:
        fake.retry_after = header
        fake.fail("429")
        ask(fake).get("search", QUERY)

    assert 0 < naps[0] < 2


def test_a_wait_too_long_for_a_worker_is_an_error_at_once(
    fake: FakeEuropePmc, ask: Ask, naps: list[float]
) -> None:
    with fake:
        fake.retry_after = str(int(LONGEST_WAIT) + 3600)
        fake.fail("429")
        with pytest.raises(ServiceBusy, match="asks to wait 3720 seconds"):
            ask(fake).get("search", QUERY)

    assert naps == []
    assert len(fake.requests) == 1


def test_a_fault_that_does_not_pass_is_named_with_its_reason(fake: FakeEuropePmc, ask: Ask) -> None:
    with fake:
        fake.stay_away("html")
        with pytest.raises(ServiceUnavailable, match=r"after 5 attempts.*not JSON: <!DOCTYPE html>"):
            ask(fake).get("search", QUERY)


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        ("400", ServiceRefused, "The service refused the request: This is no valid request."),
        ("401", KeyRefused, "does not answer without a valid API key: Get a key; Invalid API key."),
        ("404", ServiceRefused, "it knows no such address"),
        ("414", QueryTooLong, "takes no query as long as this one"),
        ("redirect", ServiceMoved, "sends requests on to http://elsewhere.example/. Ask"),
        ("array", UnexpectedAnswer, "expected an object, got list"),
    ],
)
def test_a_refusal_is_final(
    fake: FakeEuropePmc, ask: Ask, fault: Fault, error: type[Exception], sentence: str
) -> None:
    with fake:
        fake.fail(fault)
        with pytest.raises(error) as caught:
            ask(fake).get("search", QUERY)

    assert sentence in str(caught.value)
    assert len(fake.requests) == 1


def test_what_the_service_does_not_know_is_none(fake: FakeEuropePmc, ask: Ask) -> None:
    with fake:
        assert ask(fake).find("MED/1/references", QUERY) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"`pageToken` parameter\nhas incorrect value.", "`pageToken` parameter has incorrect value"),
        (b"<html><body>Bad Request</body></html>", ""),
        (
            b'{"message": [{"type": "x", "message": "Too big."}, {"message": "Too old."}]}',
            "Too big; Too old",
        ),
        (b'{"errCode": 404, "errMsg": "Nothing"}', "Nothing"),
        (b"[" * 100_000, ""),
        (b"\xff\x00", "�"),
    ],
)
def test_an_error_answer_is_told_in_one_line(body: bytes, said: str) -> None:
    assert stated(body)[: len(said) or 300] == said or (body.startswith(b"[[") and len(stated(body)) == 300)
