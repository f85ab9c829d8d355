"""Accepting many likely pairs at once: what it would do first, what it would touch of screening, one act."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.forms.duplicates import BulkForm
from reviews.selectors.duplicates import Pair
from reviews.services import bulk_merging
from reviews.services.bulk_previewing import BulkPreview, preview
from reviews.templatetags.perennial import thin
from reviews.views.search import context
from screening import standing


@dataclass(frozen=True, slots=True)
class Sampled:
    """A pair of the sample with where its two publications stand."""

    pair: Pair
    left: str
    right: str


@require_http_methods(["GET", "POST"])
@member_view(Right.SEARCH)
def bulk(request: MemberRequest) -> HttpResponse:
    """GET shows what the act would do; POST does it."""
    given = request.POST if request.method == "POST" else request.GET
    form = BulkForm(given if "least" in given else {"least": f"{bulk_merging.RECOMMENDED:.2f}"})
    is_valid = form.is_valid()
    if request.method == "POST" and is_valid:
        try:
            act = bulk_merging.accept(
                by=request.member.user,
                review=request.member.review,
                threshold=form.cleaned_data["least"],
                upto=form.cleaned_data["upto"],
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            said = "1 pair is merged. Its" if act.pairs == 1 else f"{thin(act.pairs)} pairs are merged. Their"
            messages.success(request, f"{said} undo stands below.")
            return redirect(reverse("reviews:merged", args=[request.member.review.slug]))
    threshold = (
        form.cleaned_data.get("least", bulk_merging.RECOMMENDED) if is_valid else bulk_merging.RECOMMENDED
    )
    shown = preview(request.member.review, threshold)
    page = context(
        request,
        "duplicates",
        form=form,
        preview=shown,
        recommended=bulk_merging.RECOMMENDED,
        touched=standing.touched(shown.report_ids),
        sample=_sample(shown),
    )
    is_part = request.htmx and not request.htmx.history_restore_request
    template = "screening/_bulk_duplicates.html" if is_part else "screening/bulk_duplicates.html"
    return render(request, template, page, status=422 if form.errors and request.method == "POST" else 200)


def _sample(preview: BulkPreview) -> list[Sampled]:
    marks = standing.marks([report for pair in preview.sample for report in (pair.left, pair.right)])
    return [
        Sampled(pair, marks.get(pair.left.pk, ""), marks.get(pair.right.pk, "")) for pair in preview.sample
    ]
