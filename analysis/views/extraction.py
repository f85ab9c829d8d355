"""One person reads one study; then the readings are compared and agreed on."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis.forms.studies import EntryForm
from analysis.models import Extraction, Reported, Study
from analysis.selectors import extraction as selectors
from analysis.selectors import studies as study_selectors
from analysis.services import extractions
from analysis.views.studies import context, study_or_404
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from screening.models import Attachment

Target = dict[str, Any]  # {"datum": Datum} or {"field": FormField}, as the services take it


# -- Reading ------------------------------------------------------------------------------------------
@require_GET
@member_view(Right.EXTRACT)
def show(request: MemberRequest, study_id: int) -> HttpResponse:
    study = study_or_404(request.member, study_id)
    mine = selectors.own_extraction(study, request.member.user)
    page = context(request, study=study, extraction=mine, sources=study_selectors.sources_of(study))
    if mine is None:
        page["is_full"] = len(selectors.places_taken(study)) >= selectors.EXTRACTORS
        page["is_open"] = bool(selectors.open_extractions(study))
        return render(request, "analysis/extraction_start.html", page)
    items = selectors.form_items(study)
    entries = selectors.entries_of(mine, items)
    agreed = selectors.agreed_of(study, items)
    lines = [_line(request, study, item, entries.get(item.key), agreed.get(item.key)) for item in items]
    later = {item.key for item in selectors.later_lines(mine)} if mine.finished_at else set()
    for line in lines:
        line["is_closed"] = bool(mine.finished_at) and line["item"].key not in later
    page |= {
        "fields": [line for line in lines if line["item"].field],
        "outcomes": _by_outcome(lines),
        "missing": len(selectors.missing_lines(mine)),
        "later": len(later),
        "is_in": bool(selectors.readings_in(study)),
        "is_open": bool(selectors.open_extractions(study)),
    }
    return render(request, "analysis/extraction.html", page)


def _line(
    request: MemberRequest,
    study: Study,
    item: selectors.Item,
    entry: selectors.Entry | None,
    agreed: selectors.Entry | None = None,
) -> dict[str, Any]:
    url = reverse("analysis:extraction_enter", args=[request.member.review.slug, study.pk, item.key])
    return {
        "item": item,
        "entry": entry,
        "agreed": agreed,
        "url": url,
        "inputs": [
            {
                "name": quantity,
                "label": _LABELS.get(quantity, item.label),
                "value": entry.shown(quantity) if entry else "",
                "read": entry.numbers[quantity].as_used if entry else "",
            }
            for quantity in item.quantities
        ],
    }


_LABELS = {"events": "Events", "total": "Total", "mean": "Mean", "sd": "SD", "n": "N"}


def _by_outcome(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[int, dict[str, Any]] = {}
    for line in lines:
        outcome = line["item"].outcome
        if outcome is not None:
            groups.setdefault(outcome.pk, {"outcome": outcome, "lines": []})["lines"].append(line)
    return list(groups.values())


@require_POST
@member_view(Right.EXTRACT)
def start(request: MemberRequest, study_id: int) -> HttpResponse:
    study = study_or_404(request.member, study_id)
    extractions.start(by=request.member.user, study=study)
    return redirect("analysis:extraction", request.member.review.slug, study.pk)


@require_POST
@member_view(Right.EXTRACT)
def enter(request: MemberRequest, study_id: int, key: str) -> HttpResponse:
    """Save one line as it is typed; answers how it was read, or why it was refused."""
    study = study_or_404(request.member, study_id)
    mine = get_object_or_404(Extraction, study=study, person=request.member.user)
    item = _item(study, key)
    form = EntryForm(request.POST)
    if not form.is_valid():
        return _said(request, study, item, refused="This text is too long to keep.")
    values = form.cleaned_data
    try:
        extractions.enter(
            by=request.member.user,
            extraction=mine,
            **_target(request, study, item),
            entries=_typed(request, item),
            reported=values["reported"] or Reported.REPORTED,
            quote=values["quote"],
            page=values["page"],
            place=values["place"],
            why=values["why"],
        )
    except DomainError as error:
        return _said(request, study, item, refused=str(error), status=error.status)
    if not request.htmx:
        return redirect("analysis:extraction", request.member.review.slug, study.pk)
    [saved] = [each for each in selectors.form_items(study) if each.key == key]
    return _said(request, study, saved, entry=selectors.entries_of(mine, [saved]).get(key))


def _said(
    request: MemberRequest,
    study: Study,
    item: selectors.Item,
    *,
    entry: selectors.Entry | None = None,
    refused: str = "",
    status: int = 422,
) -> HttpResponse:
    template = "analysis/_extraction_read.html" if request.htmx else "errors/refused.html"
    page = {"entry": entry, "refused": refused, "item": item, "sentence": refused}
    back = reverse("analysis:extraction", args=[request.member.review.slug, study.pk])
    return render(request, template, {**page, "back_url": back}, status=status if refused else 200)


def _item(study: Study, key: str) -> selectors.Item:
    for item in selectors.form_items(study):
        if item.key == key:
            return item
    raise Http404


def _target(request: MemberRequest, study: Study, item: selectors.Item) -> Target:
    if item.field is not None:
        return {"field": item.field}
    assert item.outcome is not None  # a line is one or the other
    assert item.arm is not None
    datum = item.datum or extractions.datum_of(
        by=request.member.user, study=study, outcome=item.outcome, arm=item.arm
    )
    return {"datum": datum}


def _typed(request: MemberRequest, item: selectors.Item) -> dict[str, str]:
    return {name: request.POST[name] for name in item.quantities if name in request.POST}


@require_POST
@member_view(Right.EXTRACT)
def act(request: MemberRequest, study_id: int, name: str) -> HttpResponse:
    """Finish, open again, or mark what is left as not reported."""
    study = study_or_404(request.member, study_id)
    mine = get_object_or_404(Extraction, study=study, person=request.member.user)
    if name == "finish":
        extractions.finish(by=request.member.user, extraction=mine)
        messages.success(request, f"Your reading of “{study}” is in.")
        if selectors.open_extractions(study):
            return redirect("analysis:agree", request.member.review.slug, study.pk)
        return redirect("analysis:extract", request.member.review.slug)
    if name == "reopen":
        extractions.reopen(by=request.member.user, extraction=mine)
        messages.success(request, "You can change your reading again.")
    elif name == "rest":
        marked = extractions.mark_rest_not_reported(by=request.member.user, extraction=mine)
        messages.success(request, f"{marked} marked as not reported.")
    else:
        raise Http404
    return redirect("analysis:extraction", request.member.review.slug, study.pk)


# -- Agreeing -----------------------------------------------------------------------------------------
@require_GET
@member_view(Right.EXTRACT)
def agree(request: MemberRequest, study_id: int) -> HttpResponse:
    return _agree_page(request, study_or_404(request.member, study_id))


def _agree_page(
    request: MemberRequest, study: Study, *, key: str = "", refused: str = "", status: int = 200
) -> HttpResponse:
    opened = selectors.open_extractions(study)
    compared = selectors.comparison(study, opened) if opened else []
    rows = [
        {
            "row": row,
            "readings": list(zip(opened, row.entries, strict=True)),
            "line": _line(request, study, row.item, None),
            "refused": refused if row.item.key == key else "",
        }
        for row in compared
        # A characteristic that joined the form after both had finished is filled here.
        if not row.is_blank or row.agreed or row.item.field
    ]
    page = context(
        request,
        study=study,
        opened=opened,
        rows=rows,
        equal=sum(1 for row in compared if row.can_be_agreed),
        differing=sum(1 for row in compared if row.needs_a_person),
    )
    template = "analysis/_agree.html" if request.htmx else "analysis/agree.html"
    return render(request, template, page, status=status)


@require_POST
@member_view(Right.EXTRACT)
def agree_equal(request: MemberRequest, study_id: int) -> HttpResponse:
    study = study_or_404(request.member, study_id)
    agreed = extractions.agree_equal(by=request.member.user, study=study)
    if request.htmx:
        return _agree_page(request, study)
    messages.success(request, f"{agreed} agreed.")
    return redirect("analysis:agree", request.member.review.slug, study.pk)


@require_POST
@member_view(Right.EXTRACT)
def agree_line(request: MemberRequest, study_id: int, key: str) -> HttpResponse:
    """Settle one line: one of the readings, or what is typed."""
    study = study_or_404(request.member, study_id)
    item = _item(study, key)
    chosen = request.POST.get("choose", "")
    choice: dict[str, Any] = {
        "entries": _typed(request, item),
        "reported": request.POST.get("reported") or Reported.REPORTED,
        "why": request.POST.get("why", ""),
    }
    if chosen:
        if not chosen.isdecimal():
            raise Http404
        choice = {"choose": get_object_or_404(Extraction, pk=int(chosen), study=study)}
    try:
        extractions.agree(by=request.member.user, study=study, **_target(request, study, item), **choice)
    except DomainError as error:
        return _agree_page(request, study, key=key, refused=str(error), status=error.status)
    if request.htmx:
        return _agree_page(request, study)
    return redirect("analysis:agree", request.member.review.slug, study.pk)


@require_http_methods(["GET", "POST"])
@member_view(Right.EXTRACT)
def correct(request: MemberRequest, study_id: int, key: str) -> HttpResponse:
    """Put another value in the place of an agreed one, with a note."""
    study = study_or_404(request.member, study_id)
    item = _item(study, key)
    entry = selectors.agreed_of(study, [item]).get(key)
    if entry is None:
        raise Http404
    refused, status = "", 200
    if request.method == "POST":
        try:
            extractions.correct(
                by=request.member.user,
                study=study,
                **_target(request, study, item),
                entries=_typed(request, item),
                reported=request.POST.get("reported") or Reported.REPORTED,
                note=request.POST.get("note", ""),
            )
        except DomainError as error:
            refused, status = str(error), error.status
        else:
            messages.success(request, "The correction is kept, and what rests on it is computed again.")
            return redirect("analysis:study", request.member.review.slug, study.pk)
    line = _line(request, study, item, entry)
    for field in line["inputs"]:
        field["value"] = request.POST.get(field["name"], field["read"])
    page = context(request, study=study, item=item, entry=entry, line=line, refused=refused)
    page["note"] = request.POST.get("note", "")
    page["reported"] = request.POST.get("reported", entry.reported)
    return render(request, "analysis/correct.html", page, status=status)


# -- The source ---------------------------------------------------------------------------------------
@require_GET
@member_view(Right.VIEW)
def source_file(request: MemberRequest, attachment_id: int) -> HttpResponseBase:
    """A report's file, for the frame beside the form; only a PDF is shown, anything else is downloaded."""
    attachment = get_object_or_404(Attachment, pk=attachment_id, review=request.member.review)
    stream = attachment.file.open("rb")
    is_pdf = stream.read(5) == b"%PDF-"
    stream.seek(0)
    response = FileResponse(
        stream,
        as_attachment=not is_pdf,
        filename=attachment.name,
        content_type="application/pdf" if is_pdf else "application/octet-stream",
    )
    # The browser's own viewer needs its styles; scripts and everything else stay shut.
    response["Content-Security-Policy"] = (
        "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return response
