"""The page of one record, with the whole history of its publication, and that history as a file."""

from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from analysis.selectors.publication_history import PublicationPage, publication_page
from reviews import selectors
from reviews.access import MemberRequest, Right, member_view
from reviews.exports import Cell, csv_response
from reviews.views.search import context


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest, record_id: int) -> HttpResponse:
    page = selectors.record_page(request.member.review, record_id)
    publication = publication_page(request.member, page)
    return render(
        request, "analysis/record.html", context(request, "records", page=page, publication=publication)
    )


@require_GET
@member_view(Right.VIEW)
def history_csv(request: MemberRequest, record_id: int) -> StreamingHttpResponse:
    page = selectors.record_page(request.member.review, record_id)
    name = f"{request.member.review.slug}-record-{record_id}-history"
    return csv_response(name, ("at", "what", "detail", "who"), _rows(publication_page(request.member, page)))


def _rows(publication: PublicationPage) -> Iterator[list[Cell]]:
    for one in publication.history:
        yield [timezone.localtime(one.at).isoformat(), one.what, one.detail, one.who]
