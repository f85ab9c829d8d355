"""Pages that stay current: small fragments, polled, that answer 304 while nothing has changed."""

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_cache_control, patch_vary_headers


def _etag(request: HttpRequest, key: object) -> str:
    digest = hashlib.sha256(f"{request.get_full_path()}|{key}|{settings.SECRET_KEY[:8]}".encode()).hexdigest()
    return f'"{digest[:32]}"'


def unchanged(request: HttpRequest, key: object) -> HttpResponse | None:
    """304 where the client already holds the fragment that `key` stands for."""
    if request.headers.get("If-None-Match") == _etag(request, key):
        return HttpResponseNotModified()
    return None


def tagged(request: HttpRequest, key: object, response: HttpResponse) -> HttpResponse:
    """Give the fragment its ETag; only the person's own browser may keep it."""
    response.headers["ETag"] = _etag(request, key)
    patch_vary_headers(response, ["HX-Request"])  # the same address is a whole page without it
    patch_cache_control(response, private=True, no_cache=True)
    return response
