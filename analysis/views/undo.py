"""Undoing a run, with what that changes in screening and analyses said beforehand."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from analysis.selectors.undo import consequences
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.models import RunState, SearchRun, UndoKind
from reviews.services import undo_requests, undoing
from reviews.templatetags.perennial import thin


class UndoForm(forms.Form):
    """Why; it stands in the history."""

    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=500,
        help_text="Stands in the history, such as “the wrong export”.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_http_methods(["GET", "POST"])
@member_view(Right.SEARCH)
def undo(request: MemberRequest, run_id: int) -> HttpResponse:
    """Say what would leave the counts; on POST take it out."""
    run, review = _run(request, run_id), request.member.review
    form = UndoForm(request.POST or None)
    if run.state != RunState.COMPLETE:
        messages.error(request, undoing.NotUndoable.sentence)
        return redirect("reviews:run", review.slug, run.pk)
    if request.method == "POST" and form.is_valid():
        try:
            fact = undo_requests.ask(
                by=request.member.user, run=run, kind=UndoKind.UNDONE, reason=form.cleaned_data["reason"]
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            if fact is not None:  # else the page of the run tells how it goes on
                left = "1 record has" if fact.records == 1 else f"{thin(fact.records)} records have"
                messages.success(request, f"The run is undone: {left} left the counts.")
            return redirect("reviews:run", review.slug, run.pk)
    page = {
        "review": review,
        "member": request.member,
        "tab": "search",
        "run": run,
        "form": form,
        "effect": consequences(run),
    }
    return render(request, "analysis/undo.html", page, status=409 if form.errors else 200)


@require_POST
@member_view(Right.SEARCH)
def restore(request: MemberRequest, run_id: int) -> HttpResponse:
    """Put an undone run back."""
    run = _run(request, run_id)
    try:
        fact = undo_requests.ask(by=request.member.user, run=run, kind=UndoKind.RESTORED)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        if fact is not None:
            back = "1 record is" if fact.records == 1 else f"{thin(fact.records)} records are"
            messages.success(request, f"The run is restored: {back} back.")
    return redirect("reviews:run", request.member.review.slug, run.pk)


def _run(request: MemberRequest, run_id: int) -> SearchRun:
    rows = SearchRun.objects.select_related("review", "source").defer("checkpoint")
    return get_object_or_404(rows, pk=run_id, review=request.member.review)
