"""References entered by hand, for a source that is kept so."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.forms.hand_entry import IdentifiersForm, TypedForm
from reviews.models import Connector, Source
from reviews.services import hand_entry
from reviews.views.search import context


@require_http_methods(["GET", "POST"])
@member_view(Right.SEARCH)
def enter(request: MemberRequest, source_id: int) -> HttpResponse:
    """Numbers to look up, or one reference typed; either becomes a run that says what came of it."""
    review, by = request.member.review, request.member.user
    source = get_object_or_404(
        Source.objects.select_related("protocol__review"),
        pk=source_id,
        protocol__review=review,
        connector=Connector.HAND,
        retired_at__isnull=True,
    )
    is_typed = "typed" in request.POST
    given = request.POST or None
    numbers = IdentifiersForm(None if is_typed else given)
    typed = TypedForm(given if is_typed else None)
    form = typed if is_typed else numbers
    if request.method == "POST" and form.is_valid():
        add = hand_entry.add_typed if is_typed else hand_entry.add
        try:
            run = add(by=by, source=source, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("reviews:run", review.slug, run.pk)
    more = {"source": source, "numbers": numbers, "typed": typed, "is_typed": is_typed}
    status = 422 if form.errors else 200
    return render(request, "reviews/hand_entry.html", context(request, "sources", **more), status=status)
