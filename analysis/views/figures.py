"""Figures as bytes. What is not drawn yet is asked of a worker; no web process draws."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import parse_etags
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from analysis.models import Run
from analysis.selectors import appraisals, figures
from analysis.selectors.figures import Drawing, Plot
from reviews import events
from reviews.access import MemberRequest, Right, member_view
from reviews.models import Outcome, Review

DRAW_RUN_TASK = "analysis.tasks.draw_run"
DRAW_PLOT_TASK = "analysis.tasks.draw_plot"
DRAW_JUDGEMENTS_TASK = "analysis.tasks.draw_judgements"
OVERDUE = timedelta(seconds=10)
_ASK_AGAIN_SECONDS = 10
_PLACEHOLDER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 120"><title>Being drawn</title>'
    b'<text x="320" y="64" font-family="sans-serif" font-size="15" text-anchor="middle" fill="#6b747d">'
    b"This figure is being drawn</text></svg>"
)


def poke_drawing(run: Run) -> None:
    """Ask a worker for what is missing of a run's figures."""
    events.send(DRAW_RUN_TASK, run.pk)


def poke_overdue_drawing(run: Run) -> None:
    """The same, but only where the message that each new run sends must have been lost."""
    if timezone.now() - run.recorded_at > OVERDUE:
        poke_drawing(run)


def filename(drawing: Drawing) -> str:
    return f"{drawing.plot}-{drawing.style}.{drawing.format}"


def forest_downloads(review: Review, run: Run) -> list[dict[str, Any]]:
    """The download menu under the forest plot: each style with its files."""
    styles = {"forest": "As shown", **figures.STYLES}
    return [{"label": label, "files": _files(review, run, plot)} for plot, label in styles.items()]


def _files(review: Review, run: Run, plot: str) -> list[dict[str, str]]:
    found = []
    for fmt in ("svg", "png", "pdf"):
        name = filename(Drawing(plot, "light", fmt))
        url = reverse("analysis:figure", args=[review.slug, run.spec_id, run.number, name])
        found.append({"label": fmt.upper(), "url": f"{url}?download=1"})
    return found


def with_files(review: Review, run: Run, plots: Iterable[Plot]) -> list[dict[str, Any]]:
    """The figures that a part of the page has, each with its downloads."""
    return [{"plot": plot, "files": _files(review, run, plot.name)} for plot in plots if not plot.missing]


def missing_by_reason(plots: Iterable[Plot]) -> list[tuple[str, str]]:
    """Names of the figures that these data cannot have, and why, each reason once."""
    found: dict[str, list[str]] = {}
    for plot in plots:
        if plot.missing:
            found.setdefault(plot.missing, []).append(plot.title)
    return [(", ".join(titles), reason) for reason, titles in found.items()]


def ask_for_plots(run: Run, plots: Iterable[Plot]) -> None:
    """Ask workers for the figures that a page waits for, one message each."""
    for plot in plots:
        if plot.is_waited_for:
            _ask(run, plot.name)


def _ask(run: Run, plot: str) -> None:
    # A page that polls must not ask for the same drawing at each turn.
    if cache.add(f"drawing-plot:{run.pk}:{plot}", value=True, timeout=_ASK_AGAIN_SECONDS):
        events.send(DRAW_PLOT_TASK, run.pk, plot)


@require_GET
@member_view(Right.VIEW)
def of_run(request: MemberRequest, spec_id: int, number: int, name: str) -> HttpResponse:
    """A figure of one run: plot-style.format."""
    run = get_object_or_404(
        Run.objects.select_related("result__spec_version__spec"),
        spec__pk=spec_id,
        number=number,
        spec__review=request.member.review,
    )
    plot = name.partition("-")[0]
    drawing = _named(name, (plot,) if figures.has(plot, run.result) else ())
    key = figures.data_hash(run.result)
    content = figures.find(request.member.review.pk, key, drawing)
    is_download = "download" in request.GET
    if content is None:
        if drawing.plot in figures.plots_of(run.result):
            poke_drawing(run)
        else:
            _ask(run, figures.wide(drawing.plot))
        return _download_waits(request, run) if is_download else being_drawn()
    if is_download:
        return _as_file(run, content, drawing)
    return _answer(request, content, key=key, drawing=drawing)


def _download_waits(request: MemberRequest, run: Run) -> HttpResponse:
    """A page that says that a worker draws the file, and tries again by itself."""
    review = request.member.review
    back = reverse("analysis:analysis", args=[review.slug, run.spec_id])
    context = {"review": review, "member": request.member, "tab": "analyse", "back_url": back}
    answer = render(request, "analysis/being_drawn.html", context, status=202)
    answer.headers["Refresh"] = "2"
    return answer


def _as_file(run: Run, content: bytes, drawing: Drawing) -> HttpResponse:
    name = f"{slugify(run.result.inputs['spec']) or 'analysis'}-{drawing.plot}.{drawing.format}"
    return HttpResponse(
        content,
        content_type=figures.MEDIA_TYPES[drawing.format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_GET
@member_view(Right.VIEW)
def of_judgements(request: MemberRequest, outcome_id: int, name: str) -> HttpResponse:
    """The agreed judgements on risk of bias for one outcome: plot-style.format."""
    review = request.member.review
    outcome = get_object_or_404(Outcome, pk=outcome_id, protocol__review=review)
    lights = appraisals.traffic_light(review, outcome)
    drawing = _named(name, ("traffic_light", "rob_summary") if lights else ())
    key = figures.judgements_hash(outcome, lights)
    content = figures.find(review.pk, key, drawing)
    if content is None:
        events.send(DRAW_JUDGEMENTS_TASK, review.pk, outcome.pk)
        return being_drawn()
    return _answer(request, content, key=key, drawing=drawing)


def _named(name: str, plots: tuple[str, ...]) -> Drawing:
    for plot in plots:
        for drawing in figures.drawings_of(plot):
            if filename(drawing) == name:
                return drawing
    raise Http404


def being_drawn() -> HttpResponse:
    """202 with a picture that says so: a worker draws what was asked for."""
    return HttpResponse(
        _PLACEHOLDER, status=202, content_type="image/svg+xml", headers={"Cache-Control": "no-store"}
    )


def _answer(request: HttpRequest, content: bytes, *, key: str, drawing: Drawing) -> HttpResponse:
    etag = f'"{key[:32]}-{drawing.style}-{drawing.format}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponseNotModified(headers=headers)
    if drawing.format != "svg":
        headers["Content-Disposition"] = f'inline; filename="{filename(drawing)}"'
    return HttpResponse(content, content_type=figures.MEDIA_TYPES[drawing.format], headers=headers)
