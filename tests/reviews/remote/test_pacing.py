"""How long a server asks to be left alone."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from reviews.remote import retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("86400", 120.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Mon, 02 Mar 2026 12:00:00 GMT", 120.0),
        ("9" * 400, 120.0),
        ("soon", 0.0),
        ("", 0.0),
    ],
)
def test_seconds_and_dates_are_understood_and_bounded(asked: str, seconds: float) -> None:
    assert retry_after({"retry-after": asked}, now=NOW) == seconds


def test_a_date_without_a_zone_is_the_same_wherever_the_machine_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        seconds = retry_after({"retry-after": "Sun, 01 Mar 2026 12:00:30 -0000"}, now=NOW)
    time.tzset()

    assert seconds == 30.0


def test_a_server_that_asks_for_nothing_waits_for_nobody() -> None:
    assert retry_after({"content-type": "text/xml"}, now=NOW) == 0.0
