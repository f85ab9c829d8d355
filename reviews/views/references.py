"""Lists of records and publications in the forms that reference managers take."""

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from reviews.access import MemberRequest, Right, member_view
from reviews.exports import reference_response
from reviews.forms.search import FilterForm
from reviews.selectors import references


@require_GET
@member_view(Right.VIEW)
def records(request: MemberRequest, extension: str) -> HttpResponseBase:
    """The records of the list as it is narrowed, as their sources gave them."""
    review = request.member.review
    wanted = FilterForm(request.GET, review_id=review.pk).wanted()
    return reference_response(f"{review.slug}-records", extension, references.of_records(review, wanted))


@require_GET
@member_view(Right.VIEW)
def publications(request: MemberRequest, extension: str) -> HttpResponseBase:
    """Every publication once, duplicates merged."""
    review = request.member.review
    rows = references.standing(review).iterator(chunk_size=500)
    return reference_response(f"{review.slug}-publications", extension, references.of_reports(rows))
