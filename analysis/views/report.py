"""The report: computed from one version, read by anyone where the lead has made it public."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from analysis.exports import VERSION_FILES
from analysis.flow_rows import description, rows
from analysis.forms.versions import PublishForm
from analysis.models import Run, Version
from analysis.selectors import figures, flow, flow_figures, report
from analysis.selectors.figures import MEDIA_TYPES, NARROW_FOREST, Drawing
from analysis.services import versions
from analysis.views.figures import DRAW_RUN_TASK, being_drawn
from analysis.views.flow import ask_once, drawn_answer
from reviews.access import Member, MemberRequest, Right, member_view, members_review
from reviews.models import Membership, Review

DRAFT = "draft"
_FOREST = re.compile(r"^forest-(\d{1,18})-(light|dark)\.(svg|png|pdf)$")
_NARROW = re.compile(r"^forest-(\d{1,18})-narrow-(light|dark)\.(svg)$")
_PRISMA = re.compile(r"^prisma\.(svg|png|pdf)$")


@dataclass(frozen=True, slots=True)
class Reading:
    """One state of the report as somebody reads it: a version, or for members the draft."""

    review: Review
    member: Member | None
    content: dict[str, Any]
    number: str
    version: Version | None
    published: datetime | None

    @property
    def is_draft(self) -> bool:
        return self.version is None


def _reading(request: HttpRequest, slug: str, number: str = "") -> Reading:
    """The version asked for, the latest without a number; 404 for whom it is not open to."""
    member = _member(request, slug)
    review = member.review if member else get_object_or_404(Review, slug=slug, is_public=True)
    if number == DRAFT:
        if member is None:
            raise Http404
        return _draft(member)
    found = Version.objects.filter(review=review).select_related("by").order_by("-pk")
    version = (found.filter(number=number) if number else found).first()
    if version is None:
        if member is None or number:
            raise Http404
        return _draft(member)
    return Reading(review, member, version.content, version.number, version, version.recorded_at)


def _draft(member: Member) -> Reading:
    return Reading(member.review, member, report.content_of(member.review), DRAFT, None, None)


def _member(request: HttpRequest, slug: str) -> Member | None:
    if not request.user.is_authenticated:
        return None
    user = request.user
    if not Membership.objects.filter(review__slug=slug, user_id=user.pk, until__isnull=True).exists():
        return None
    return members_review(user, slug)


# -- The page -----------------------------------------------------------------------------------------
@require_GET
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest version; for members with what publishing now would change."""
    return _page(request, _reading(request, slug))


@require_GET
def show_version(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """One version; "draft" is the present state, for members."""
    return _page(request, _reading(request, slug, number))


def _page(request: HttpRequest, reading: Reading) -> HttpResponse:
    content = reading.content
    values = flow.from_values(content["flow"])
    listed = report.versions(reading.review)
    context: dict[str, Any] = {
        "review": reading.review,
        "member": reading.member,
        "reading": reading,
        "content": content,
        "number": reading.number,
        "version": reading.version,
        "versions": listed,
        "is_latest": reading.version is not None and reading.version.pk == listed[0].pk,
        "changes": reading.version.change_log if reading.version else None,
        "rows": rows(values),
        "description": description(values),
        "figure": _inline_flow(reading),
        "domains": _domains(content),
        "address": request.build_absolute_uri(_address(reading)),
    }
    if reading.member is not None:
        context |= {"tab": "report", **_publishing(reading)}
    return render(request, "analysis/report.html", context)


def _address(reading: Reading) -> str:
    if reading.version is None:
        return reverse("analysis:report", args=[reading.review.slug])
    return reverse("analysis:report_version", args=[reading.review.slug, reading.number])


def _publishing(reading: Reading) -> dict[str, Any]:
    """For members: what publishing would change, and for the lead the form."""
    assert reading.member is not None
    draft = versions.draft(reading.review)
    has_started = reading.review.screening_started_at is not None
    may_publish = reading.member.may(Right.MANAGE) and draft.is_new and has_started
    return {
        "draft": draft,
        "form": PublishForm(is_stale=bool(draft.stale)) if may_publish else None,
    }


def _inline_flow(reading: Reading) -> tuple[str, str] | None:
    key = flow_figures.data_hash(flow.from_values(reading.content["flow"]))
    drawn = flow_figures.inline(reading.review.pk, key, is_linked=False)
    if drawn is None:
        task, pk = _flow_task(reading)
        ask_once(task, pk, key)
        return None
    # Safe: our own drawing, its texts escaped when the SVG was written, without scripts or styles.
    return mark_safe(drawn[0]), mark_safe(drawn[1])


def _flow_task(reading: Reading) -> tuple[str, int]:
    if reading.version is None:
        return flow_figures.DRAW_TASK, reading.review.pk
    return flow_figures.DRAW_VERSION_TASK, reading.version.pk


def _domains(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Risk of bias as tables: the domains that any row has, then the overall judgement."""
    found = []
    for outcome in content["risk_of_bias"]:
        keys = sorted({key for row in outcome["rows"] for key in row["judgements"]} - {"overall"})
        columns = [*keys, "overall"]
        table = [
            {
                "label": row["label"],
                "result": row["result"],
                "judgements": [row["judgements"].get(key, "") for key in columns],
            }
            for row in outcome["rows"]
        ]
        names = outcome.get("domains", {})  # the first versions of an install may lack it
        legend = [(key, names[key]) for key in keys if key in names]
        found.append({"outcome": outcome["outcome"], "columns": columns, "rows": table, "legend": legend})
    return found


# -- Figures and data of a version --------------------------------------------------------------------
@require_GET
def figure(request: HttpRequest, slug: str, number: str, name: str) -> HttpResponse:
    """A figure of the version: prisma.<format>, or forest-<analysis>-<theme>.<format>, also narrow as SVG."""
    reading = _reading(request, slug, number)
    prisma = _PRISMA.match(name)
    if prisma:
        drawing = next(each for each in flow_figures.downloads() if each.format == prisma.group(1))
        task, pk = _flow_task(reading)
        key = flow_figures.data_hash(flow.from_values(reading.content["flow"]))
        return drawn_answer(request, reading.review, key, drawing, task=task, pk=pk)
    for plot, pattern in (("forest", _FOREST), (NARROW_FOREST, _NARROW)):
        if forest := pattern.match(name):
            spec, style, fmt = forest.groups()
            return _forest(reading, int(spec), Drawing(plot, style, fmt))
    raise Http404


def _forest(reading: Reading, spec: int, drawing: Drawing) -> HttpResponse:
    analysis = next((item for item in reading.content["analyses"] if item["spec"] == spec), None)
    if analysis is None or not analysis["figure"]:
        raise Http404
    content = figures.find(reading.review.pk, analysis["figure"], drawing)
    if content is None:
        # The look of figures has moved since: the result itself is as it was, and is drawn again.
        run = Run.objects.select_related("result__spec_version__spec").get(pk=analysis["run"])
        content = figures.of_result(run.result, drawing)
        if content is None:
            ask_once(DRAW_RUN_TASK, run.pk, analysis["figure"])
            return being_drawn()
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if drawing.format != "svg":
        headers["Content-Disposition"] = f'inline; filename="forest-{spec}.{drawing.format}"'
    return HttpResponse(content, content_type=MEDIA_TYPES[drawing.format], headers=headers)


@require_GET
def data(request: HttpRequest, slug: str, number: str, name: str) -> HttpResponseBase:
    """A table of the version as CSV, or the whole content as JSON."""
    reading = _reading(request, slug, number)
    write = VERSION_FILES.get(name)
    if write is None:
        raise Http404
    return write(reading.content, f"{slug}-{reading.number}")


# -- Publishing ---------------------------------------------------------------------------------------
@require_POST
@member_view(Right.MANAGE)
def publish(request: MemberRequest) -> HttpResponse:
    """Freeze the review as it is now. A refusal is answered by the page of refusals."""
    review = request.member.review
    form = PublishForm(request.POST, is_stale=True)
    if not form.is_valid():
        return render(
            request,
            "errors/refused.html",
            {"sentence": "The note is too long.", "code": "invalid_input"},
            status=422,
        )
    version = versions.publish(by=request.member.user, review=review, **form.cleaned_data)
    words = "Anyone can read it." if review.is_public else "The review is private, so only members read it."
    messages.success(request, f"Version {version.number} is published. {words}")
    return redirect("analysis:report", review.slug)
