"""The import wizard: which source, which file, what is in it, and then yes or no."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.forms.imports import FIELD_LABELS, NewSourceForm, UploadForm
from reviews.models import Connector, SearchRun, Source
from reviews.selectors.searches import takes_files
from reviews.services import imports, protocols
from reviews.vendors import VENDORS, groups, vendor_of
from reviews.views.search import context


@require_GET
@member_view(Right.SEARCH)
def choose(request: MemberRequest) -> HttpResponse:
    """Which source the file is of: one of the protocol, or a new one from the catalogue."""
    named = Source.objects.filter(protocol__review=request.member.review, retired_at__isnull=True)
    sources = [source for source in named if takes_files(source)]
    return render(
        request,
        "reviews/import_source.html",
        context(request, "sources", sources=sources, groups=list(groups())),
    )


@require_http_methods(["GET", "POST"])
@member_view(Right.MANAGE)
def name_source(request: MemberRequest, vendor: str) -> HttpResponse:
    """Add a source of the catalogue to the protocol and go on to its upload."""
    found = VENDORS.get(vendor)
    if found is None:
        raise Http404
    review = request.member.review
    is_frozen = review.screening_started_at is not None
    form = NewSourceForm(request.POST or None, vendor=found, is_frozen=is_frozen)
    if request.method == "POST" and form.is_valid():
        try:
            source = protocols.add_source(
                by=request.member.user,
                review=review,
                connector=Connector.FILE,
                vendor=found.key,
                **form.cleaned_data,
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("reviews:import_file", review.slug, source.pk)
    return render(
        request,
        "reviews/import_new.html",
        context(request, "sources", form=form, vendor=found),
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@member_view(Right.SEARCH)
def upload(request: MemberRequest, source_id: int) -> HttpResponse:
    """How to export from this source, and where to put the file."""
    source = get_object_or_404(
        Source.objects.select_related("protocol__review"),
        pk=source_id,
        protocol__review=request.member.review,
        retired_at__isnull=True,
    )
    form = UploadForm(request.POST or None, request.FILES or None, source=source)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            run = imports.begin(
                by=request.member.user, source=source, name=given.name, file=given, told=form.told()
            )
        except DomainError as error:
            form.add_error("file", str(error))
        else:
            return redirect("reviews:run", request.member.review.slug, run.pk)
    vendor = vendor_of(source.vendor, source.name)
    return render(
        request,
        "reviews/import_file.html",
        context(request, "sources", source=source, form=form, vendor=vendor),
        status=422 if form.errors else 200,
    )


@require_POST
@member_view(Right.SEARCH)
def columns(request: MemberRequest, run_id: int) -> HttpResponse:
    """Take the columns as the person says they are, and look again."""
    run = _run(request, run_id)
    mapping = {}
    for index in range(len(run.inspection.get("columns", []))):
        field = request.POST.get(f"column-{index}", "")
        if field in FIELD_LABELS and field not in mapping:
            mapping[field] = index
    try:
        imports.choose_columns(by=request.member.user, run=run, mapping=mapping)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("reviews:run", request.member.review.slug, run.pk)


@require_POST
@member_view(Right.SEARCH)
def confirm(request: MemberRequest, run_id: int) -> HttpResponse:
    """Import what was looked through."""
    run = _run(request, run_id)
    try:
        imports.confirm(by=request.member.user, run=run, again=request.POST.get("again") == "1")
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("reviews:run", request.member.review.slug, run.pk)


@require_POST
@member_view(Right.SEARCH)
def discard(request: MemberRequest, run_id: int) -> HttpResponse:
    """Set the file aside; nothing of it comes in."""
    run = _run(request, run_id)
    try:
        imports.discard(by=request.member.user, run=run)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("reviews:run", request.member.review.slug, run.pk)
    messages.success(request, f"{run.file_name} is not imported.")
    return redirect("reviews:sources", request.member.review.slug)


def _run(request: MemberRequest, run_id: int) -> SearchRun:
    rows = SearchRun.objects.select_related("review", "source__protocol__review")
    return get_object_or_404(rows, pk=run_id, review=request.member.review)
