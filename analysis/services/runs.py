"""From a stale spec to a run: claimed by compare-and-set, computed without a lock, written once.

No queue is trusted. A spec is stale while `done_rev < wanted_rev`; whoever claims it reads the revision
first and the inputs after it, so that a change made meanwhile leaves the spec stale. A lease keeps others
away for a while; a worker that is killed leaves a lease that runs out, and the sweep sends the task again.
"""

import logging
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from analysis import bridge, comparison
from analysis.contributions import Inputs, Question, collect, digest
from analysis.models import Result, Run, Spec, SpecVersion
from analysis.selectors.data import outcome_candidates
from analysis.selectors.figures import held
from analysis.selectors.specs import MOST_ATTEMPTS
from analysis.services.specs import RECOMPUTE_TASK
from reviews import audit, events, sequence

logger = logging.getLogger(__name__)

_SWEEP_BATCH = 20  # the file broker hands out ten messages a second: a sweep must not fill it by itself
_PAUSE_SECONDS = 2  # after a failed attempt, times the attempts made
GAVE_UP = "The computation was begun {attempts} times and never came to its end."


@dataclass(frozen=True, slots=True)
class Claim:
    """A spec taken by one worker: what was wanted when it was taken, and the token to put it back with."""

    spec_id: int
    rev: int
    cause: dict[str, Any]
    token: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was computed, before it is written."""

    version: SpecVersion
    inputs: dict[str, Any]
    input_hash: str
    computed: bridge.Computed


def recompute(spec_id: int) -> Run | None:
    """Bring one spec up to date; None where nothing was to do or no run was due.

    Emits run.finished with each new run. A run is written only where the result is another one than the
    spec shows now: going back to earlier inputs is a new run that points to the old result.
    """
    claim = _claim(spec_id)
    if claim is None:
        return None
    finished = False
    try:
        answer = _compute(spec_id)
        run = _finish(claim, answer)
        finished = True
        return run
    finally:
        if not finished:
            _put_back(claim, sys.exception())


def sweep() -> int:
    """Send again what a lost message or a killed worker left stale; returns how many tasks were sent."""
    _give_up()
    overdue = timezone.now() - timedelta(seconds=settings.SWEEP_SECONDS)
    waiting = _stale().filter(attempts__lt=MOST_ATTEMPTS, wanted_at__lt=overdue).order_by("wanted_at", "id")
    ids = list(waiting.values_list("pk", flat=True)[:_SWEEP_BATCH])
    for spec_id in ids:
        events.send(RECOMPUTE_TASK, spec_id)
    return len(ids)


def recompute_stale() -> int:
    """Compute here and now all that waits, without the queue; returns how many specs were taken."""
    ids = list(_stale().filter(attempts__lt=MOST_ATTEMPTS).values_list("pk", flat=True))
    for spec_id in ids:
        recompute(spec_id)
    return len(ids)


def _stale() -> QuerySet[Spec]:
    """Specs out of date that nobody holds."""
    return Spec.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now()),
        done_rev__lt=F("wanted_rev"),
        retired_at__isnull=True,
    )


def _give_up() -> None:
    _stale().filter(attempts__gte=MOST_ATTEMPTS, error="").update(
        error=GAVE_UP.format(attempts=MOST_ATTEMPTS)
    )


def _claim(spec_id: int) -> Claim | None:
    token = secrets.token_hex(16)
    taken = (
        _stale()
        .filter(pk=spec_id, attempts__lt=MOST_ATTEMPTS)
        .update(
            lease_until=timezone.now() + timedelta(seconds=settings.LEASE_SECONDS),
            lease_token=token,
            attempts=F("attempts") + 1,
        )
    )
    if not taken:
        return None
    rev, cause = Spec.objects.values_list("wanted_rev", "wanted_cause").get(pk=spec_id)
    return Claim(spec_id, rev, cause, token)


def _compute(spec_id: int) -> Answer:
    with _one_moment():
        version = (
            SpecVersion.objects.select_related("spec__outcome", "subgroup_field")
            .filter(spec_id=spec_id)
            .latest("number")
        )
        inputs = read_inputs(version)
    stored = inputs.to_dict()
    return Answer(version, stored, digest(stored), bridge.compute(inputs, version.settings))


@contextmanager
def _one_moment() -> Iterator[None]:
    """Every read sees the same moment: half of a change would be a run of numbers that never were."""
    if connection.in_atomic_block:
        yield  # the caller's transaction
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def read_inputs(version: SpecVersion) -> Inputs:
    """What the spec pools, as agreed now."""
    field = version.subgroup_field
    return collect(
        outcome_candidates(version.spec.outcome_id),
        Question(
            measure=version.settings["measure"],
            subgroup=field.key if field else None,
            filters=version.filters,
            chosen=version.settings.get("chosen", {}),
        ),
        outcome=version.spec.outcome.name,
        direction=version.spec.outcome.direction,
        spec=version.spec.name,
        subgroup_label=field.label if field else "",
    )


@transaction.atomic
def _finish(claim: Claim, answer: Answer) -> Run | None:
    spec = Spec.objects.select_for_update(no_key=True).get(pk=claim.spec_id)
    if spec.done_rev >= claim.rev:
        return None  # another worker, who took over a lease that ran out, was first
    current = Run.objects.select_related("result").filter(spec=spec).order_by("-number").first()
    result = _existing(answer)
    run = None
    if current is None or result is None or current.result_id != result.pk:
        run = _write(spec, claim=claim, answer=answer, result=result, current=current)
    Spec.objects.filter(pk=spec.pk).update(
        done_rev=claim.rev, attempts=0, error="", wanted_cause=_unanswered(spec, claim)
    )
    _release(claim, until=None)
    if spec.wanted_rev > claim.rev:
        events.poke(RECOMPUTE_TASK, spec.pk)
    return run


def _unanswered(spec: Spec, claim: Claim) -> dict[str, Any]:
    """The causes that came while the claim was computed: the next run is due to them alone."""
    answered = claim.cause.get("changes", [])
    left = [change for change in spec.wanted_cause.get("changes", []) if change not in answered]
    # The same news may have come again meanwhile: a run that follows is then due to what stands there.
    return {"changes": left} if left else spec.wanted_cause


def _existing(answer: Answer) -> Result | None:
    return Result.objects.filter(
        spec_version=answer.version, input_hash=answer.input_hash, engine_version=bridge.ENGINE_VERSION
    ).first()


def _write(spec: Spec, *, claim: Claim, answer: Answer, result: Result | None, current: Run | None) -> Run:
    seq = sequence.take(spec.review_id)
    if result is None:
        result = Result.objects.create(
            spec_version=answer.version,
            input_hash=answer.input_hash,
            engine_version=bridge.ENGINE_VERSION,
            inputs=answer.inputs,
            settings=answer.version.settings,
            outputs=answer.computed.outputs,
            status=answer.computed.status,
            seq=seq,
        )
    run = Run.objects.create(
        spec=spec,
        number=current.number + 1 if current else 1,
        result=result,
        cause=claim.cause,
        before=current,
        difference=comparison.difference(held(current.result) if current else None, held(result)),
        seq=seq,
    )
    audit.record(by=None, verb="run.finished", target=run, review_id=spec.review_id, seq=seq)
    events.emit("run.finished", review_id=spec.review_id, spec=spec.pk, run=run.pk)
    logger.info("spec %s: run %s shows result %s (%s)", spec.pk, run.number, result.pk, result.status)
    return run


def _put_back(claim: Claim, fault: BaseException | None) -> None:
    """After a failure: keep its words, free the spec after a pause. The fault goes on to the task's log."""
    if connection.needs_rollback:
        return  # inside a caller's broken transaction nothing can be written; the lease runs out
    attempts = Spec.objects.values_list("attempts", flat=True).get(pk=claim.spec_id)
    Spec.objects.filter(pk=claim.spec_id, lease_token=claim.token).update(
        error=f"{type(fault).__name__}: {fault}"[:2000]
    )
    _release(claim, until=timezone.now() + timedelta(seconds=_PAUSE_SECONDS * attempts))


def _release(claim: Claim, *, until: datetime | None) -> None:
    Spec.objects.filter(pk=claim.spec_id, lease_token=claim.token).update(lease_until=until, lease_token="")
