"""The records: their list, and each one's whole history."""

from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from reviews import selectors
from reviews.access import MemberRequest, Right, member_view
from reviews.exports import csv_response
from reviews.forms.search import FilterForm
from reviews.selectors.records import CSV_HEADER, shown
from reviews.views.search import context


def _key(request: MemberRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() else None


@require_GET
@vary_on_headers("HX-Request")
@member_view(Right.VIEW)
def records(request: MemberRequest) -> HttpResponse:
    review = request.member.review
    form = FilterForm(request.GET, review_id=review.pk)
    wanted = form.wanted()
    page = selectors.records_page(
        review, wanted, before=_key(request, "before"), after=_key(request, "after")
    )
    kept = {name: request.GET[name] for name in ("q", "source", "run", "place") if request.GET.get(name)}
    more = {
        "form": form,
        "wanted": wanted,
        "page": page,
        "query": urlencode(kept),
        "newer_url": f"?{urlencode(kept | {'after': page.newer})}" if page.newer else "",
        "older_url": f"?{urlencode(kept | {'before': page.older})}" if page.older else "",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "reviews/_records.html", {"review": review, "member": request.member, **more})
    return render(request, "reviews/records.html", context(request, "records", **more))


@require_GET
@member_view(Right.VIEW)
def records_csv(request: MemberRequest) -> StreamingHttpResponse:
    review = request.member.review
    wanted = FilterForm(request.GET, review_id=review.pk).wanted()
    return csv_response(f"{review.slug}-records", CSV_HEADER, selectors.csv_rows(review, wanted))


@require_GET
@member_view(Right.VIEW)
def record(request: MemberRequest, record_id: int) -> HttpResponse:
    """The page lies where screening and studies are known; this address leads there."""
    found = get_object_or_404(shown(request.member.review).only("pk"), pk=record_id)
    return redirect("analysis:record", request.member.review.slug, found.pk)


@require_GET
@member_view(Right.VIEW)
def raw(request: MemberRequest, record_id: int) -> HttpResponse:
    """What the source wrote, as plain text: a browser must not run what stands in it."""
    text = selectors.raw_text(request.member.review, record_id)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
