"""Planned syntheses: written, changed with a reason, retired; and what makes them stale."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from analysis.models import FormField, Spec, SpecVersion
from analysis.synthesis_settings import BadSetting, SettingValues, complete
from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.models import Outcome, Review, User

RECOMPUTE_TASK = "analysis.tasks.recompute"
# More causes than these say nothing more to a reader; the difference of the run has it all.
_MOST_CAUSES = 200


class Keep(Enum):
    """Marks an argument that leaves things as they are, where None has a meaning."""

    KEEP = "keep"


KEEP = Keep.KEEP


class NothingChanged(DomainError):
    code = "nothing_changed"
    sentence = "These are the settings that the analysis has now; nothing was changed."
    status = 422


class ChangedMeanwhile(DomainError):
    code = "changed_meanwhile"
    sentence = "Somebody changed this analysis while you had its settings open: load the page again."


class SpecRetired(DomainError):
    code = "spec_retired"
    sentence = "This analysis is retired; its runs stay as they are."


@transaction.atomic
def create(
    *,
    by: User,
    review: Review,
    outcome: Outcome,
    name: str,
    settings: Mapping[str, object] | None = None,
    subgroup_field: FormField | None = None,
    filters: Mapping[str, str] | None = None,
    is_headline: bool = False,
    note: str = "",
) -> Spec:
    """Plan a synthesis; what is not set takes its default. Its first run follows by itself.

    Refuses InvalidInput (a name taken, a setting unknown, another review's outcome or characteristic).
    Emits spec.changed.
    """
    require(by, review, Right.ANALYSE)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    _refuse_foreign(review, outcome=outcome, field=subgroup_field)
    values = _complete(settings or {}, outcome)
    name = _free_name(review, name)
    if is_headline:
        Spec.objects.filter(review=review, is_headline=True).update(is_headline=False)
    position = Spec.objects.filter(review=review).aggregate(last=Max("position"))["last"]
    spec = Spec.objects.create(
        review=review,
        outcome=outcome,
        name=name,
        position=0 if position is None else position + 1,
        is_headline=is_headline,
        note=note.strip(),
        wanted_cause={"changes": [{"kind": "spec_created"}]},
    )
    seq = sequence.take(review.pk)
    SpecVersion.objects.create(
        spec=spec,
        number=1,
        settings=values,
        subgroup_field=subgroup_field,
        filters=_filters(review, filters or {}),
        by=by,
        seq=seq,
    )
    audit.record(by=by, verb="spec.created", target=spec, review_id=review.pk, seq=seq, new={"name": name})
    _tell(spec)
    return spec


@transaction.atomic
def revise(
    *,
    by: User,
    spec: Spec,
    reason: str,
    settings: Mapping[str, object] | None = None,
    subgroup_field: FormField | Keep | None = KEEP,
    filters: Mapping[str, str] | Keep = KEEP,
    based_on: int | None = None,
) -> SpecVersion:
    """Change how to pool; `settings` may name only what changes. The version before stays.

    `based_on` is the version that the person saw. Refuses InvalidInput (no reason, a setting unknown),
    ChangedMeanwhile, NothingChanged, SpecRetired. Emits spec.changed.
    """
    require(by, spec.review, Right.ANALYSE)
    locked = _locked(spec)
    if not reason.strip():
        raise InvalidInput("Say why the analysis is changed: the reason stands in its history.")
    last = SpecVersion.objects.select_related("subgroup_field").filter(spec=locked).latest("number")
    if based_on is not None and based_on != last.number:
        raise ChangedMeanwhile
    values = _complete({**last.settings, **(settings or {})}, locked.outcome)
    field = last.subgroup_field if isinstance(subgroup_field, Keep) else subgroup_field
    wanted = last.filters if isinstance(filters, Keep) else _filters(locked.review, filters)
    _refuse_foreign(locked.review, outcome=locked.outcome, field=field)
    if (values, field, wanted) == (last.settings, last.subgroup_field, last.filters):
        raise NothingChanged
    seq = sequence.take(locked.review_id)
    version = SpecVersion.objects.create(
        spec=locked,
        number=last.number + 1,
        settings=values,
        subgroup_field=field,
        filters=wanted,
        reason=reason.strip(),
        by=by,
        seq=seq,
    )
    _bump([locked], {"kind": "spec_revised", "version": version.number, "reason": version.reason})
    audit.record(
        by=by,
        verb="spec.revised",
        target=locked,
        review_id=locked.review_id,
        seq=seq,
        old={"version": last.number},
        new={"version": version.number},
    )
    _tell(locked)
    return version


@transaction.atomic
def choose_result(*, by: User, spec: Spec, study_id: int, result: str, reason: str) -> SpecVersion:
    """Say which of a study's results counts in this synthesis. Refuses and emits as `revise`."""
    require(by, spec.review, Right.ANALYSE)
    _locked(spec)  # two people who choose at once must not overwrite each other's choice
    last = SpecVersion.objects.filter(spec=spec).latest("number")
    chosen = {**last.settings.get("chosen", {}), str(study_id): result}
    return revise(by=by, spec=spec, settings={"chosen": chosen}, reason=reason)


@transaction.atomic
def set_note(*, by: User, spec: Spec, note: str) -> None:
    """Say what a reader must know beside the figure; the numbers stay. Refuses SpecRetired."""
    require(by, spec.review, Right.ANALYSE)
    locked = _locked(spec)
    old, locked.note = locked.note, note.strip()
    locked.save(update_fields=["note"])
    seq = sequence.take(locked.review_id)
    audit.record(
        by=by,
        verb="spec.note",
        target=locked,
        review_id=locked.review_id,
        seq=seq,
        old=old,
        new=locked.note,
    )


@transaction.atomic
def set_headline(*, by: User, spec: Spec) -> None:
    """Make this the overview's first figure."""
    require(by, spec.review, Right.ANALYSE)
    locked = _locked(spec)
    Spec.objects.filter(review_id=locked.review_id, is_headline=True).update(is_headline=False)
    Spec.objects.filter(pk=locked.pk).update(is_headline=True)
    seq = sequence.take(locked.review_id)
    audit.record(by=by, verb="spec.headline", target=locked, review_id=locked.review_id, seq=seq)


@transaction.atomic
def retire(*, by: User, spec: Spec, reason: str) -> None:
    """Compute it no more; all its runs stay. Refuses InvalidInput (no reason), SpecRetired."""
    require(by, spec.review, Right.ANALYSE)
    locked = _locked(spec)
    if not reason.strip():
        raise InvalidInput("Say why the analysis is retired: the reason stands in its history.")
    Spec.objects.filter(pk=locked.pk).update(retired_at=timezone.now(), is_headline=False)
    seq = sequence.take(locked.review_id)
    audit.record(
        by=by,
        verb="spec.retired",
        target=locked,
        review_id=locked.review_id,
        seq=seq,
        new={"reason": reason.strip()},
    )
    _tell(locked)


@transaction.atomic
def ask(*, by: User, spec: Spec) -> None:
    """Compute again after the attempts were used up. Emits spec.changed."""
    require(by, spec.review, Right.ANALYSE)
    locked = _locked(spec)
    _bump([locked], {"kind": "asked"})
    seq = sequence.take(locked.review_id)
    audit.record(by=by, verb="spec.asked", target=locked, review_id=locked.review_id, seq=seq)
    _tell(locked)


def touch(specs: QuerySet[Spec], cause: Mapping[str, Any]) -> int:
    """Make specs stale because of `cause`, in the caller's transaction; returns how many.

    A cause joins those that wait already. The tasks are sent after the commit; the sweep sends them again.
    """
    rows = list(
        specs.filter(retired_at__isnull=True).select_for_update(no_key=True, of=("self",)).order_by("id")
    )
    _bump(rows, cause)
    return len(rows)


def _bump(rows: list[Spec], cause: Mapping[str, Any]) -> None:
    now = timezone.now()
    for spec in rows:
        is_fresh = spec.done_rev >= spec.wanted_rev
        waiting = [] if is_fresh else spec.wanted_cause.get("changes", [])
        # The same news told twice (a handler ran again) is one cause.
        changes = waiting if dict(cause) in waiting else [*waiting, dict(cause)]
        Spec.objects.filter(pk=spec.pk).update(
            wanted_rev=F("wanted_rev") + 1,
            wanted_at=now if is_fresh else spec.wanted_at,
            wanted_cause={"changes": changes[-_MOST_CAUSES:]},
            attempts=0,
            error="",
        )
        # A lease without a token only spaces attempts out; news deserves one at once.
        Spec.objects.filter(pk=spec.pk, lease_token="").update(lease_until=None)
        # A stale spec had its poke; its worker pokes again for what came meanwhile, else the sweep does.
        if is_fresh or spec.error:
            events.poke(RECOMPUTE_TASK, spec.pk)


def _tell(spec: Spec) -> None:
    events.emit("spec.changed", review_id=spec.review_id, spec=spec.pk)
    events.poke(RECOMPUTE_TASK, spec.pk)


def _locked(spec: Spec) -> Spec:
    locked = (
        Spec.objects.select_for_update(no_key=True, of=("self",))
        .select_related("review", "outcome")
        .get(pk=spec.pk)
    )
    if locked.retired_at:
        raise SpecRetired
    return locked


def _complete(given: Mapping[str, object], outcome: Outcome) -> SettingValues:
    try:
        return complete(given, measure=outcome.measure, outcome_type=outcome.type)
    except BadSetting as fault:
        raise InvalidInput(str(fault)) from fault


def _free_name(review: Review, name: str) -> str:
    name = name.strip()
    if not name:
        raise InvalidInput("Give the analysis a name.")
    if Spec.objects.filter(review=review, name__iexact=name).exists():
        raise InvalidInput(
            f"Another analysis of this review is called “{name}”. Give this one a name of its own."
        )
    return name


def _refuse_foreign(review: Review, *, outcome: Outcome, field: FormField | None) -> None:
    if outcome.protocol.review_id != review.pk:
        raise InvalidInput("This outcome belongs to another review.")
    if field is not None and field.review_id != review.pk:
        raise InvalidInput("This characteristic belongs to another review.")


def _filters(review: Review, filters: Mapping[str, str]) -> dict[str, str]:
    known = set(FormField.objects.filter(review=review).values_list("key", flat=True))
    for key in filters:
        if key not in known:
            raise InvalidInput(f"No characteristic of this review is called “{key}”.")
    return dict(sorted(filters.items()))
