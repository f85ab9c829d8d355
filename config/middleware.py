"""What every response of an install goes through, written here because no library does it our way."""

import logging
import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from reviews import request_id as request_ids
from reviews.errors import DomainError

logger = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponseBase]

# A proxy's id is kept, so that its log and ours can be joined; anything else has no place in a log.
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


def content_security_policy(get_response: Handler) -> Handler:
    """Send the policy of `settings.CONTENT_SECURITY_POLICY` with every response that names none itself."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        return response

    return middleware


def request_id(get_response: Handler) -> Handler:
    """Give each request an id: known to log lines and the audit while it runs, and sent back in a header."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        identifier = given if _ACCEPTABLE_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_ids.current.set(identifier)
        try:
            response = get_response(request)
        finally:
            request_ids.current.reset(token)
        response.headers["X-Request-ID"] = identifier
        return response

    return middleware


class NullCharacters:
    """Refuse what no person types and PostgreSQL cannot keep, before a view stores half of an act."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        sent = (
            value for form in (request.GET, request.POST) for _, values in form.lists() for value in values
        )
        if "\x00" in request.path or any("\x00" in str(value) for value in sent):
            raise BadRequest("a null character in the request")


class DomainErrors:
    """Turn a refusal that no view turned into its own sentence into a 409 or 422 page or fragment."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        logger.info("refused %s %s: %s", request.method, request.path, exception.code)
        template = "errors/_refused.html" if getattr(request, "htmx", False) else "errors/refused.html"
        match = request.resolver_match
        refusal = {
            "sentence": str(exception),
            "code": exception.code,
            "slug": match.kwargs.get("slug", "") if match else "",
            "is_reading": request.method in {"GET", "HEAD"},
        }
        return render(request, template, refusal, status=exception.status)
