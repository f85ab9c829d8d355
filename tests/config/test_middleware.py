"""Headers of every response, and refusals that no view caught."""

import re

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxDetails

from config.middleware import DomainErrors, content_security_policy, request_id
from reviews import request_id as request_ids
from reviews.errors import DomainError, InvalidInput


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request_ids.current.get())


def test_the_policy_goes_with_every_response(rf: RequestFactory) -> None:
    response = content_security_policy(answer)(rf.get("/"))
    assert response.headers["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("directive", ["default-src 'self'", "script-src 'self'", "style-src 'self'"])
def test_the_policy_allows_nothing_inline_and_no_evaluation(directive: str) -> None:
    assert f"{directive};" in settings.CONTENT_SECURITY_POLICY
    assert "unsafe" not in settings.CONTENT_SECURITY_POLICY


def test_a_view_sees_the_id_that_the_response_carries(rf: RequestFactory) -> None:
    response = request_id(answer)(rf.get("/"))
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])
    assert isinstance(response, HttpResponse)
    assert response.content.decode() == response.headers["X-Request-ID"]
    assert request_ids.current.get() == ""


def test_an_id_given_by_a_proxy_is_kept(rf: RequestFactory) -> None:
    response = request_id(answer)(rf.get("/", headers={"X-Request-ID": "edge-17"}))
    assert response.headers["X-Request-ID"] == "edge-17"


@pytest.mark.parametrize("given", ["a b", "x" * 33, "line\nbreak", "<b>"])
def test_an_id_that_could_forge_a_log_line_is_replaced(rf: RequestFactory, given: str) -> None:
    response = request_id(answer)(rf.get("/", headers={"X-Request-ID": given}))
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])


@pytest.mark.parametrize(("error", "status"), [(DomainError("No."), 409), (InvalidInput("Not so."), 422)])
def test_a_refusal_becomes_a_page_with_its_status(
    rf: RequestFactory, error: DomainError, status: int
) -> None:
    request = rf.get("/")
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]  # as HtmxMiddleware does
    response = DomainErrors(answer).process_exception(request, error)
    assert response is not None
    assert response.status_code == status
    assert str(error) in response.content.decode()
    assert "<html" in response.content.decode()


def test_a_refusal_of_an_htmx_request_is_a_fragment(rf: RequestFactory) -> None:
    request = rf.post("/", headers={"HX-Request": "true"})
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]  # as HtmxMiddleware does
    response = DomainErrors(answer).process_exception(request, DomainError("No."))
    assert response is not None
    assert response.status_code == 409
    assert "No." in response.content.decode()
    assert "<html" not in response.content.decode()


def test_other_errors_are_not_taken_for_refusals(rf: RequestFactory) -> None:
    assert DomainErrors(answer).process_exception(rf.get("/"), ValueError("a bug")) is None


@pytest.mark.django_db
def test_health_answers_where_the_database_does(client: Client) -> None:
    response = client.get("/health/")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
