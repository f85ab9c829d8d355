"""Citation chasing: from which publications, which way, through whom; and the act."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from analysis.services import chasing
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.models import Connector, Report, Source
from reviews.services.citation_plans import THROUGH, plan_of
from reviews.views.search import context

_WAYS = {
    "both": "What they cite, and what cites them",
    "backward": "What they cite",
    "forward": "What cites them",
}


@require_http_methods(["GET", "POST"])
@member_view(Right.SEARCH)
def show(request: MemberRequest, source_id: int) -> HttpResponse:
    """The seeds as they are now; a POST chases from them."""
    review = request.member.review
    source = get_object_or_404(
        Source.objects.select_related("protocol__review"),
        pk=source_id,
        protocol__review=review,
        connector=Connector.CITATIONS,
        retired_at__isnull=True,
    )
    if request.method == "POST":
        try:
            run = chasing.request(by=request.member.user, source=source)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            return redirect("reviews:run", review.slug, run.pk)
    plan = plan_of(source)
    seeds = Report.objects.filter(pk__in=chasing.seeds_of(source)).order_by("-year", "id")
    more = {
        "source": source,
        "seeds": seeds,
        "is_chosen": bool(plan.seeds),
        "way": _WAYS[plan.direction],
        "through": [name for key, name in THROUGH.items() if key in plan.through],
        "may_manage": request.member.may(Right.MANAGE),
    }
    return render(request, "analysis/chase.html", context(request, "sources", **more))
