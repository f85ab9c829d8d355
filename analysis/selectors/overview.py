"""What the first page of a review answers: what next, is it alive, where do we stand, what does it say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q
from django.urls import reverse
from django.utils import timezone

from analysis import comparison, wording
from analysis.models import Run, Spec, Version
from analysis.selectors import figures, specs
from analysis.selectors.waiting import Waiting
from analysis.wording import counted
from reviews.access import Member, Right
from reviews.models import Record, Review, RunState, SearchRun, Source


# -- What next ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Step:
    """One thing that this person can do now: a sentence, a verb for the button, an address."""

    sentence: str
    label: str
    url: str


# In this order: what may overturn a result, what holds colleagues up, one's own reading, and what nobody
# waits for. Last, the arguments of the address; one that names a field of `Waiting` stands for its value.
_STEPS: tuple[tuple[str, str, str, str, str, tuple[str, ...]], ...] = (
    (
        "notices",
        "notice of a retraction or concern about an included study waits for an answer",
        "notices of retractions or concerns about included studies wait for an answer",
        "Answer it",
        "analysis:notices",
        (),
    ),
    (
        "imports",
        "uploaded file waits for your yes or no: nothing of it is imported yet",
        "uploaded files wait for your yes or no: nothing of them is imported yet",
        "See what is in it",
        "reviews:run",
        ("first_import",),
    ),
    (
        "conflicts",
        "conflict waits to be settled",
        "conflicts wait to be settled",
        "Settle conflicts",
        "screening:conflicts",
        ("title-abstract",),
    ),
    (
        "text_conflicts",
        "conflict at full text waits to be settled",
        "conflicts at full text wait to be settled",
        "Settle conflicts",
        "screening:conflicts",
        ("full-text",),
    ),
    (
        "agreements",
        "study read twice waits to be agreed on",
        "studies read twice wait to be agreed on",
        "Agree on values",
        "analysis:extract",
        (),
    ),
    (
        "consensuses",
        "result waits for your consensus on its risk of bias",
        "results wait for your consensus on their risk of bias",
        "Reach consensus",
        "analysis:appraise",
        (),
    ),
    (
        "votes",
        "record waits for your vote on title and abstract",
        "records wait for your vote on title and abstract",
        "Screen records",
        "screening:screen",
        (),
    ),
    (
        "full_texts",
        "full text waits for your vote",
        "full texts wait for your vote",
        "Screen full texts",
        "screening:full_text",
        (),
    ),
    (
        "extractions",
        "study waits for your reading",
        "studies wait for your reading",
        "Extract data",
        "analysis:extract",
        (),
    ),
    (
        "appraisals",
        "result waits for your judgement on its risk of bias",
        "results wait for your judgement on their risk of bias",
        "Appraise results",
        "analysis:appraise",
        (),
    ),
    (
        "duplicates",
        "pair of reports may be duplicates",
        "pairs of reports may be duplicates",
        "Compare them",
        "reviews:duplicates",
        (),
    ),
    (
        "retrieval",
        "full text is still to be found",
        "full texts are still to be found",
        "Find full texts",
        "screening:retrieval",
        (),
    ),
    (
        "publication",
        "analysis says something that is not published yet",
        "analyses say something that is not published yet",
        "Look at the draft",
        "analysis:report",
        (),
    ),
)


def steps(member: Member, waiting: Waiting, *, has_records: bool) -> list[Step]:
    """What this person can do, the most pressing first; the first is the page's one large button."""
    review = member.review
    if review.screening_started_at is None:
        imports = Waiting(imports=waiting.imports, first_import=waiting.first_import)
        return [*_waiting_steps(review, imports), _before_screening(member)]
    found = list(_waiting_steps(review, waiting))
    if not has_records and member.may(Right.SEARCH):
        sentence = "No record has come in yet: search a source, or import a file."
        found.insert(0, Step(sentence, "Bring records in", reverse("reviews:sources", args=[review.slug])))
    return found


def _before_screening(member: Member) -> Step:
    slug = member.review.slug
    if member.may(Right.MANAGE):
        sentence = "The protocol is being written. Screening starts when you say so."
        return Step(sentence, "Finish the protocol", reverse("reviews:protocol", args=[slug]))
    sentence = "The protocol is being written; the lead starts the screening."
    return Step(sentence, "Read the protocol", reverse("reviews:protocol", args=[slug]))


def _waiting_steps(review: Review, waiting: Waiting) -> Iterator[Step]:
    for name, one, many, label, url_name, arguments in _STEPS:
        n = getattr(waiting, name)
        if n:
            places = [getattr(waiting, argument, argument) for argument in arguments]
            yield Step(counted(n, one, many) + ".", label, reverse(url_name, args=[review.slug, *places]))


# -- Is it alive --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Alive:
    """Whether the review is kept up: its searches, and how fresh its results are."""

    last_search: datetime | None
    last_source: str
    last_new: int
    searching: int
    failed: tuple[str, ...]
    records: int
    next_run: datetime | None
    stale: int
    analyses: int
    broken: int
    published: datetime | None
    searched_through: date | None
    number: str

    @property
    def freshness(self) -> str:
        if self.broken:
            return "failed"
        return "running" if self.stale else "fresh"

    @property
    def is_due(self) -> bool:
        return self.next_run is not None and self.next_run <= timezone.now()


def alive(review: Review) -> Alive:
    runs = SearchRun.objects.filter(review=review)
    last = runs.filter(state=RunState.COMPLETE).select_related("source").order_by("-finished_at").first()
    sources = Source.objects.filter(protocol__review=review, retired_at__isnull=True)
    newest = sources.annotate(last_run=Max("runs__id")).values("last_run")
    failed = runs.filter(pk__in=newest, state=RunState.FAILED).values_list("source__name", flat=True)
    counts = Spec.objects.filter(review=review, retired_at__isnull=True).aggregate(
        n=Count("pk"),
        stale=Count("pk", filter=Q(done_rev__lt=F("wanted_rev"))),
        broken=Count("pk", filter=Q(done_rev__lt=F("wanted_rev"), attempts__gte=specs.MOST_ATTEMPTS)),
    )
    version = Version.objects.filter(review=review).defer("content", "change_log").order_by("-pk").first()
    return Alive(
        last_search=last.finished_at if last else None,
        last_source=last.source.name if last else "",
        last_new=last.new if last else 0,
        searching=runs.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).count(),
        failed=tuple(failed),
        records=Record.objects.filter(review=review, seq__isnull=False, revises__seq__isnull=True).count(),
        next_run=sources.filter(is_paused=False).aggregate(at=Min("next_run_at"))["at"],
        stale=counts["stale"],
        analyses=counts["n"],
        broken=counts["broken"],
        published=version.recorded_at if version else None,
        searched_through=version.searched_through if version else None,
        number=version.number if version else "",
    )


# -- What does it say ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Headline:
    """The first figure: the newest run of the headline analysis, and how it moved since the last version."""

    spec: Spec
    run: Run | None
    freshness: specs.Freshness
    is_drawn: bool
    has_figure: bool
    estimate: str
    sentence: str
    contributors: str
    alt: str
    is_partial: bool
    since: str


def headline(review: Review) -> Headline | None:
    """The analysis marked as headline, or the first in order; None while nothing is planned."""
    spec = (
        Spec.objects.filter(review=review, retired_at__isnull=True)
        .select_related("outcome")
        .order_by("-is_headline", "-outcome__is_primary", "position", "pk")
        .first()
    )
    if spec is None:
        return None
    run = (
        Run.objects.select_related("result__spec_version__spec").filter(spec=spec).order_by("-number").first()
    )
    freshness = specs.freshness(spec)
    if run is None:
        return Headline(spec, None, freshness, False, False, "", "", "", "", False, "")
    result = figures.held(run.result)
    estimate = comparison.shown_estimate(result)
    has_figure = "forest" in figures.plots_of(run.result)
    there = figures.drawn(review.pk, figures.data_hash(run.result))
    shown = {figures.Drawing("forest", style, "svg") for style in ("light", "dark")}
    return Headline(
        spec=spec,
        run=run,
        freshness=freshness,
        is_drawn=has_figure and shown <= there,
        has_figure=has_figure,
        estimate=wording.with_interval(estimate, result.settings) if estimate else "",
        sentence=wording.sentence(result),
        contributors=wording.contributors(result),
        alt=wording.alt_text(result),
        is_partial=_is_partial(result),
        since=_since(review, spec, estimate, result.settings),
    )


def _is_partial(result: comparison.Outcome) -> bool:
    """Whether included studies that this analysis is about give nothing to it yet."""
    return any(other["status"] in {"not_extracted", "question"} for other in result.inputs["others"])


def _since(review: Review, spec: Spec, now: Mapping[str, float] | None, settings: Mapping[str, Any]) -> str:
    """How the estimate moved since the last published version, in a sentence; empty where none is."""
    version = Version.objects.filter(review=review).order_by("-pk").first()
    if version is None:
        return ""
    then = next((item for item in version.content["analyses"] if item["spec"] == spec.pk), None)
    if then is None:
        return f"Not in version {version.number}."
    if then["numbers"] == now:
        return f"Unchanged since version {version.number}."
    shown = wording.with_interval(now, settings) if now else "no result"
    return f"Version {version.number} has {then['estimate'] or 'no result'}; now {shown}."
