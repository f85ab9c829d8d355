"""Which specs read what changed. Each may run twice: a second time makes nothing worse than stale."""

from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from analysis import comparison
from analysis.models import Eligibility, Run, Spec, Study
from analysis.services import amending, specs
from reviews import events
from reviews.models import Amendment, FeedEntry

DRAW_TASK = "analysis.tasks.draw_figures"
DRAW_JUDGEMENTS_TASK = "analysis.tasks.draw_judgements"


def study_included(*, review_id: int, study: int) -> None:
    """A study came in: every figure of the review says so, whether the study has a result or not."""
    _study(review_id=review_id, study=study, kind="study_included")


def study_removed(*, review_id: int, study: int) -> None:
    """A study went out: all specs."""
    _study(review_id=review_id, study=study, kind="study_removed")


def study_changed(*, review_id: int, study: int) -> None:
    """A study's name, arms or design changed: all specs while it is included, else none reads it."""
    if Study.objects.filter(pk=study, eligibility=Eligibility.INCLUDED).exists():
        _study(review_id=review_id, study=study, kind="study_changed")


def datum_changed(*, review_id: int, study: int, outcome: int) -> None:
    """A result was agreed or corrected: the outcome's specs. A characteristic: those that divide by one."""
    every = _of(review_id)
    reading = every.filter(outcome_id=outcome) if outcome else every.filter(pk__in=_dividing(every))
    kind = "datum_agreed" if outcome else "characteristic_agreed"
    specs.touch(reading, {"kind": kind, "study": study, "label": _label(study)})


def appraisal_changed(*, review_id: int, unit: int, study: int, outcome: int) -> None:
    """No spec reads judgements; the figures of the outcome's judgements are drawn anew."""
    events.poke(DRAW_JUDGEMENTS_TASK, review_id, outcome)


def screening_started(*, review_id: int) -> None:
    """The protocol was written without a trace until now: what specs print of it may have another name."""
    specs.touch(_of(review_id), {"kind": "protocol_frozen"})


def protocol_amended(*, review_id: int, version: int) -> None:
    """The plan moved: all specs, for each prints its outcome's name; some take another measure from it."""
    amendment = Amendment.objects.select_related("before", "after", "by").get(after_id=version)
    with transaction.atomic():
        # Touching locks every spec, in order; the sequence is only taken after that, as everywhere.
        specs.touch(_of(review_id), {"kind": "protocol_amended", "version": version})
        amending.follow(review_id=review_id, amendment=amendment)


def spec_changed(*, review_id: int, spec: int) -> None:
    """The change made the spec stale itself; this makes good a poke that was lost with its process."""
    if Spec.objects.filter(pk=spec, done_rev__lt=F("wanted_rev"), retired_at__isnull=True).exists():
        events.poke(specs.RECOMPUTE_TASK, spec)


def run_finished(*, review_id: int, spec: int, run: int) -> None:
    """Tell the feed, and have the figures drawn."""
    finished = Run.objects.select_related("spec", "result").get(pk=run)
    FeedEntry.objects.get_or_create(
        review_id=review_id, key=f"run:{run}", defaults={"kind": "run_finished", "params": _line(finished)}
    )
    events.poke(DRAW_TASK, spec)


def _line(run: Run) -> dict[str, Any]:
    result = comparison.Outcome(run.result.inputs, run.result.settings, run.result.status, run.result.outputs)
    return {
        "spec": run.spec_id,
        "run": run.pk,
        "number": run.number,
        "name": run.spec.name,
        "status": run.result.status,
        "measure": run.result.settings["measure"],
        "k": comparison.k_of(result),
        "included": comparison.included(result),
        "estimate": comparison.shown_estimate(result),
    }


def _study(*, review_id: int, study: int, kind: str) -> None:
    specs.touch(_of(review_id), {"kind": kind, "study": study, "label": _label(study)})


def _of(review_id: int) -> QuerySet[Spec]:
    return Spec.objects.filter(review_id=review_id, retired_at__isnull=True)


def _dividing(reading: QuerySet[Spec]) -> list[int]:
    divided = reading.filter(Q(versions__subgroup_field__isnull=False) | ~Q(versions__filters={}))
    return list(divided.values_list("pk", flat=True).distinct())


def _label(study: int) -> str:
    return Study.objects.values_list("label", flat=True).get(pk=study)
