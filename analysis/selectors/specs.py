"""What the pages of analyses show: how fresh each is, what its runs say, who contributes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from analysis import wording
from analysis.contributions import digest
from analysis.models import Run, Spec, SpecVersion
from analysis.selectors.shown import Shown, shown_run
from reviews.models import Outcome, Review

MOST_ATTEMPTS = 5  # of one computation, before it waits for a person or for news
_RUNS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether the latest run shows the inputs as they are now."""

    state: str  # "fresh", "stale", "running", "failed", "retired"
    since: datetime | None
    error: str

    @property
    def is_fresh(self) -> bool:
        return self.state == "fresh"


@dataclass(frozen=True, slots=True)
class Line:
    """One analysis in the list."""

    spec: Spec
    freshness: Freshness
    settings: str
    contributors: str
    estimate: str
    run: Run | None


@dataclass(frozen=True, slots=True)
class History:
    """One run in the list of runs."""

    run: Run
    causes: tuple[str, ...]
    differences: tuple[str, ...]
    estimate: str
    contributors: str


@dataclass(frozen=True, slots=True)
class Page:
    """One analysis; `key` changes whenever anything on the page does."""

    spec: Spec
    version: SpecVersion
    freshness: Freshness
    settings: str
    shown: Shown | None
    key: str


def freshness(spec: Spec) -> Freshness:
    if spec.retired_at:
        return Freshness("retired", spec.retired_at, "")
    if spec.done_rev >= spec.wanted_rev:
        return Freshness("fresh", None, "")
    if spec.attempts >= MOST_ATTEMPTS and spec.error:
        return Freshness("failed", spec.wanted_at, spec.error)
    computing = bool(spec.lease_token) and spec.lease_until is not None and spec.lease_until > timezone.now()
    return Freshness("running" if computing else "stale", spec.wanted_at, spec.error)


def of_review(review: Review) -> list[Line]:
    """All analyses that are not retired, in three queries; the results themselves stay in the database."""
    latest = Run.objects.filter(spec=OuterRef("pk")).order_by("-number").values("pk")[:1]
    version = SpecVersion.objects.filter(spec=OuterRef("pk")).order_by("-number").values("pk")[:1]
    specs = list(
        Spec.objects.filter(review=review, retired_at__isnull=True)
        .select_related("outcome")
        .annotate(latest_run=Subquery(latest), latest_version=Subquery(version))
    )
    runs = (
        Run.objects.select_related("result")
        .defer("result__inputs", "result__outputs")
        .in_bulk([spec.latest_run for spec in specs if spec.latest_run])
    )
    versions = SpecVersion.objects.select_related("subgroup_field").in_bulk(
        [spec.latest_version for spec in specs]
    )
    return [_line(spec, versions[spec.latest_version], runs.get(spec.latest_run)) for spec in specs]


def lines_key(lines: Sequence[Line]) -> str:
    """Changes whenever the list does."""
    return digest([[line.spec.pk, *_state(line.spec, line.freshness)] for line in lines])[:16]


def page(spec: Spec, *, number: int | None = None) -> Page | None:
    """One analysis with its current run, or with the run of that number; None where there is no such run."""
    version = SpecVersion.objects.select_related("subgroup_field", "by").filter(spec=spec).latest("number")
    runs = Run.objects.select_related("result__spec_version__spec").filter(spec=spec).order_by("-number")
    current = runs.first()
    run = current if number is None else runs.filter(number=number).first()
    if number is not None and run is None:
        return None
    shown = shown_run(run, is_current=run == current) if run else None
    fresh = freshness(spec)
    # What stands beside the run moves by itself, without a new run.
    beside = [shown.is_drawn, shown.plots_drawn, list(shown.overlaps)] if shown else []
    return Page(
        spec=spec,
        version=version,
        freshness=fresh,
        settings=_settings_line(version),
        shown=shown,
        key=digest([*_state(spec, fresh), run.number if run else 0, beside])[:16],
    )


def history(spec: Spec) -> list[History]:
    """The runs, latest first, with causes and differences in words; the numbers come from the differences."""
    runs = (
        Run.objects.select_related("result")
        .defer("result__inputs", "result__outputs")
        .filter(spec=spec)
        .order_by("-number")[:_RUNS_SHOWN]
    )
    return [_history(run) for run in runs]


def all_runs(spec: Spec) -> QuerySet[Run]:
    """Every run with its result's head, oldest first, for the download."""
    return (
        Run.objects.select_related("result")
        .defer("result__inputs", "result__outputs")
        .filter(spec=spec)
        .order_by("number")
    )


def causes(run: Run) -> tuple[str, ...]:
    return wording.causes(run.cause.get("changes", ()))


def unanalysed(review: Review) -> list[Outcome]:
    """Outcomes of the protocol without an analysis."""
    planned = Spec.objects.filter(review=review, retired_at__isnull=True).values("outcome_id")
    return list(
        Outcome.objects.filter(protocol__review=review, retired_at__isnull=True).exclude(pk__in=planned)
    )


def _state(spec: Spec, fresh: Freshness) -> list[Any]:
    return [spec.wanted_rev, spec.done_rev, fresh.state, spec.error, spec.name, spec.is_headline, spec.note]


def _settings_line(version: SpecVersion) -> str:
    field = version.subgroup_field
    return wording.settings_line(
        version.settings, subgroup=field.label if field else "", filters=version.filters
    )


def _line(spec: Spec, version: SpecVersion, run: Run | None) -> Line:
    return Line(
        spec=spec,
        freshness=freshness(spec),
        settings=_settings_line(version),
        contributors=_share(run) if run else "",
        estimate=_run_estimate(run) if run else "",
        run=run,
    )


def _share(run: Run) -> str:
    return f"{run.difference['k'][1]} of {run.difference['included'][1]}"


def _run_estimate(run: Run) -> str:
    found = run.difference["estimate"][1]
    if found is None:
        return "refused" if run.result.status == "refused" else "no result"
    return wording.with_interval(found, run.result.settings)


def _history(run: Run) -> History:
    return History(
        run=run,
        causes=causes(run),
        differences=tuple(wording.difference(run.difference, run.result.settings)),
        estimate=_run_estimate(run),
        contributors=_share(run),
    )
