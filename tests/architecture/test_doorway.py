"""Every address of a review is behind the doorway: strangers sign in, outsiders get 404."""

from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from reviews.models import Review, User

# Read by anyone where the lead has published; a private review answers 404 (tests/analysis/report).
_PUBLIC = {"analysis:report", "analysis:report_version", "analysis:report_figure", "analysis:report_data"}
_ARGUMENTS = {
    "IntConverter": 999_999,
    "SlugConverter": "criterion",
    "StringConverter": "x",
    "PathConverter": "x",
    "ReferenceFormatConverter": "ris",
}


def _addresses() -> Iterator[tuple[str, dict[str, object]]]:
    for resolver in get_resolver().url_patterns:
        if not isinstance(resolver, URLResolver) or resolver.app_name not in {
            "reviews",
            "screening",
            "analysis",
        }:
            continue
        for pattern in resolver.url_patterns:
            assert isinstance(pattern, URLPattern)
            converters = pattern.pattern.converters
            if "slug" in converters:
                arguments = {
                    name: _ARGUMENTS[type(converter).__name__]
                    for name, converter in converters.items()
                    if name != "slug"
                }
                yield f"{resolver.app_name}:{pattern.name}", arguments


ADDRESSES = [(name, arguments) for name, arguments in _addresses() if name not in _PUBLIC]


def _answer(client: Client, name: str, arguments: dict[str, object], review: Review) -> HttpResponse:
    address = reverse(name, kwargs={"slug": review.slug, **arguments})
    answer = client.get(address)
    return client.post(address) if answer.status_code == 405 else answer  # type: ignore[return-value]


def test_there_are_addresses_to_try() -> None:
    assert len(ADDRESSES) > 10


@pytest.mark.parametrize(("name", "arguments"), ADDRESSES, ids=[name for name, _ in ADDRESSES])
def test_a_stranger_is_sent_to_sign_in(name: str, arguments: dict[str, object], review: Review) -> None:
    answer = _answer(Client(), name, arguments, review)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(("name", "arguments"), ADDRESSES, ids=[name for name, _ in ADDRESSES])
def test_an_outsider_learns_nothing(
    name: str,
    arguments: dict[str, object],
    review: Review,
    outsider: User,
    signed_in: Callable[[User], Client],
) -> None:
    assert _answer(signed_in(outsider), name, arguments, review).status_code == 404
