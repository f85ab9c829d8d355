"""The protocol: written freely until screening starts, then changed only by amendments with a reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max, Model
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.models import (
    CONTINUOUS_MEASURES,
    Amendment,
    Criterion,
    ExclusionReason,
    FeedEntry,
    Outcome,
    OutcomeType,
    Protocol,
    ProtocolVersion,
    Record,
    Review,
    ReviewState,
    Source,
    User,
)
from reviews.services import schedules
from reviews.services.freezing import content_of, differences, write_version

_TEXTS = frozenset({"question", "rationale", "synthesis_plan", "registry", "registration_id"})
_EDITABLE: dict[type[Model], frozenset[str]] = {
    Criterion: frozenset({"slot", "kind", "text", "position"}),
    ExclusionReason: frozenset({"label", "scope", "position"}),
    Outcome: frozenset({"name", "measure", "direction", "definition", "unit", "is_primary", "position"}),
    Source: frozenset(
        {
            "name",
            "platform",
            "kind",
            "vendor",
            "connector",
            "query",
            "options",
            "interval_days",
            "weekday",
            "cron",
            "hour",
            "full_rerun_days",
            "is_paused",
            "position",
        }
    ),
}
_NAMES: dict[type[Model], str] = {ExclusionReason: "label", Outcome: "name", Source: "name"}
# A change of these puts the next search at another time; those of the first line make it soon.
_WHAT_IS_SEARCHED = frozenset({"connector", "query", "options"})
_WHEN_IT_IS_SEARCHED = frozenset({"interval_days", "weekday", "cron", "hour"})
_CHANGES_ELIGIBILITY = ("criteria.", "question")

ProtocolRow = Criterion | ExclusionReason | Outcome | Source


class ReasonNeeded(DomainError):
    code = "reason_needed"
    sentence = "Screening has started, so this change is an amendment: say why it is made."
    status = 422


class AlreadyStarted(DomainError):
    code = "already_started"
    sentence = "Screening has already started."


class NotReady(DomainError):
    code = "not_ready"
    sentence = "Before screening starts, complete: {missing}."


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One thing that stands before screening starts."""

    code: str
    label: str
    is_done: bool
    is_required: bool = True


def checklist(review: Review) -> list[ChecklistItem]:
    """What the lead sees before "start screening"."""
    protocol = Protocol.objects.get(review=review)

    def has(rows: str) -> bool:
        return bool(getattr(protocol, rows).filter(retired_at__isnull=True).exists())

    return [
        ChecklistItem("question", "The question is written", bool(protocol.question.strip())),
        ChecklistItem("criteria", "Eligibility criteria are listed", has("criteria")),
        ChecklistItem("reasons", "Exclusion reasons are listed in order", has("exclusion_reasons")),
        ChecklistItem("outcomes", "Outcomes are named with their measure", has("outcomes")),
        ChecklistItem("sources", "Sources are named", has("sources")),
        ChecklistItem(
            "plan", "The synthesis is planned", bool(protocol.synthesis_plan.strip()), is_required=False
        ),
        ChecklistItem(
            "registration", "The protocol is registered", bool(protocol.registration_id), is_required=False
        ),
    ]


@contextmanager
def _editing(*, by: User, review: Review, reason: str) -> Iterator[Protocol]:
    """Lock, check the right, let the caller write, and freeze an amendment where the protocol is frozen."""
    with transaction.atomic():
        # No join: the review is read after the lock, or it could be as it was before another one's start.
        protocol = Protocol.objects.select_for_update().get(review=review)
        protocol.review = Review.objects.get(pk=review.pk)
        require(by, protocol.review, Right.MANAGE)
        frozen = protocol.review.screening_started_at is not None
        if frozen and not reason.strip():
            raise ReasonNeeded
        yield protocol
        Protocol.objects.filter(pk=protocol.pk).update(updated_at=timezone.now())
        if frozen:
            _amend(protocol=protocol, by=by, reason=reason.strip())


def _amend(*, protocol: Protocol, by: User, reason: str) -> None:
    before = protocol.versions.order_by("-number").first()
    assert before is not None  # written when screening started
    changes = differences(before.content, content_of(protocol))
    if not changes:
        return
    seq = sequence.take(protocol.review_id)
    after = write_version(protocol=protocol, by=by, seq=seq)
    touches_eligibility = any(change["path"].startswith(_CHANGES_ELIGIBILITY) for change in changes)
    amendment = Amendment.objects.create(
        before=before,
        after=after,
        changes=changes,
        reason=reason,
        stage_reached="screening" if Record.objects.filter(review=protocol.review).exists() else "searching",
        results_known=_results_known(protocol.review_id),
        screen_again=["title_abstract", "full_text"] if touches_eligibility else [],
        by=by,
        seq=seq,
    )
    audit.record(
        by=by,
        verb="protocol.amended",
        target=amendment,
        review_id=protocol.review_id,
        seq=seq,
        new={"paths": [change["path"] for change in changes]},
    )
    events.emit("protocol.amended", review_id=protocol.review_id, version=after.pk)


def _results_known(review_id: int) -> bool:
    # Analyses live in an app above this one; the feed tells here that one of them has run.
    return FeedEntry.objects.filter(review_id=review_id, kind="run_finished").exists()


def set_text(*, by: User, review: Review, reason: str = "", **texts: str) -> Protocol:
    """Write the question, rationale, synthesis plan, registry or registration id."""
    unknown = set(texts) - _TEXTS
    if unknown:
        raise TypeError(f"unknown protocol texts {sorted(unknown)}, expected some of {sorted(_TEXTS)}")
    with _editing(by=by, review=review, reason=reason) as protocol:
        for name, value in texts.items():
            setattr(protocol, name, value.strip())
        protocol.save(update_fields=list(texts))
    return protocol


RowT = TypeVar("RowT", Criterion, ExclusionReason, Outcome, Source)


def _added(row: RowT) -> RowT:
    _refuse_unknown(row)
    row.save(force_insert=True)
    return row


def _refuse_unknown(row: ProtocolRow) -> None:
    """A value that is on none of the model's lists would be stored as it is: services check what forms do."""
    for field in row._meta.fields:
        allowed = dict(field.flatchoices)
        value = getattr(row, field.name)
        if allowed and value not in allowed and not (field.null and value is None):
            raise InvalidInput(
                "“{value}” is no {field}: expected one of {allowed}.",
                value=value,
                field=field.verbose_name,
                allowed=", ".join(str(each) for each in allowed),
            )


def _next_position(model: type[ProtocolRow], protocol: Protocol) -> int:
    last = model._default_manager.filter(protocol=protocol).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def add_criterion(
    *, by: User, review: Review, slot: str, kind: str, text: str, reason: str = ""
) -> Criterion:
    """Add one eligibility criterion. Refuses an empty text."""
    if not text.strip():
        raise InvalidInput("A criterion needs a text.")
    with _editing(by=by, review=review, reason=reason) as protocol:
        return _added(
            Criterion(
                protocol=protocol,
                slot=slot,
                kind=kind,
                text=text.strip(),
                position=_next_position(Criterion, protocol),
            )
        )


def add_reason(*, by: User, review: Review, label: str, scope: str, reason: str = "") -> ExclusionReason:
    """Add an exclusion reason at the end of the list. Refuses an empty or a taken label."""
    with _editing(by=by, review=review, reason=reason) as protocol:
        _refuse_taken(ExclusionReason, protocol, "label", label)
        return _added(
            ExclusionReason(
                protocol=protocol,
                label=label.strip(),
                scope=scope,
                position=_next_position(ExclusionReason, protocol),
            )
        )


def _refuse_taken(
    model: type[ProtocolRow], protocol: Protocol, field: str, value: str, *, except_id: int = 0
) -> None:
    value = value.strip()
    if not value:
        raise InvalidInput(f"The {field} must not be empty.")
    others = model._default_manager.filter(protocol=protocol, **{field: value}).exclude(pk=except_id)
    if others.exists():
        raise InvalidInput("“{value}” is already on the list, or was before it was taken out.", value=value)


def _refuse_wrong_measure(type_: str, measure: str) -> None:
    continuous = measure in CONTINUOUS_MEASURES
    if continuous != (type_ == OutcomeType.CONTINUOUS):
        raise InvalidInput(
            "{measure} does not fit an outcome of the type “{type}”.",
            measure=measure,
            type=OutcomeType(type_).label.lower(),
        )


def add_outcome(
    *,
    by: User,
    review: Review,
    name: str,
    type: str,
    measure: str,
    direction: str,
    definition: str = "",
    unit: str = "",
    is_primary: bool = False,
    reason: str = "",
) -> Outcome:
    """Add an outcome. Refuses a taken name and a measure that does not fit the type."""
    _refuse_wrong_measure(type, measure)
    with _editing(by=by, review=review, reason=reason) as protocol:
        _refuse_taken(Outcome, protocol, "name", name)
        return _added(
            Outcome(
                protocol=protocol,
                name=name.strip(),
                type=type,
                measure=measure,
                direction=direction,
                definition=definition.strip(),
                unit=unit.strip(),
                is_primary=is_primary,
                position=_next_position(Outcome, protocol),
            )
        )


def add_source(
    *,
    by: User,
    review: Review,
    name: str,
    kind: str,
    connector: str,
    platform: str = "",
    query: str = "",
    interval_days: int | None = None,
    weekday: int | None = None,
    cron: str = "",
    hour: int = 3,
    full_rerun_days: int | None = 90,
    vendor: str = "",
    options: dict[str, Any] | None = None,
    reason: str = "",
) -> Source:
    """Add a source. Refuses a taken name, and a schedule that cannot be kept."""
    with _editing(by=by, review=review, reason=reason) as protocol:
        _refuse_taken(Source, protocol, "name", name)
        source = Source(
            protocol=protocol,
            name=name.strip(),
            platform=platform.strip(),
            kind=kind,
            vendor=vendor.strip(),
            connector=connector,
            query=query.strip(),
            options=options or {},
            interval_days=interval_days,
            weekday=weekday,
            cron=" ".join(cron.split()),
            hour=hour,
            full_rerun_days=full_rerun_days,
            position=_next_position(Source, protocol),
        )
        schedules.check(source)
        source.next_run_at = schedules.first_time(source)
        return _added(source)


def _reschedule(source: Source, changed: set[str]) -> None:
    """A changed query is searched soon, a changed schedule counts from now on; the rest moves nothing."""
    schedules.check(source)
    if not source.has_schedule:
        source.next_run_at = None
    elif changed & _WHAT_IS_SEARCHED:
        source.next_run_at = timezone.now()
    elif changed & _WHEN_IT_IS_SEARCHED:
        source.next_run_at = schedules.first_time(source)


def edit_row(*, by: User, review: Review, row: ProtocolRow, reason: str = "", **values: object) -> None:
    """Change fields of a criterion, reason, outcome or source in place; its id stays."""
    unknown = set(values) - _EDITABLE[type(row)]
    if unknown:
        raise TypeError(f"{type(row).__name__} has no editable fields {sorted(unknown)}")
    with _editing(by=by, review=review, reason=reason) as protocol:
        current = type(row)._default_manager.get(pk=row.pk, protocol=protocol)
        values = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        name_field = _NAMES.get(type(row))
        if name_field in values:
            taken = str(values[name_field])
            _refuse_taken(type(row), protocol, name_field, taken, except_id=row.pk)
        changed = [name for name, value in values.items() if getattr(current, name) != value]
        for name, value in values.items():
            setattr(current, name, value)
        _refuse_unknown(current)
        if isinstance(current, Outcome):
            _refuse_wrong_measure(current.type, current.measure)
        if isinstance(current, Source):
            _reschedule(current, set(changed))
            current.save(update_fields=[*values, "next_run_at"])
        else:
            current.save(update_fields=list(values))


def retire_row(*, by: User, review: Review, row: ProtocolRow, reason: str = "") -> None:
    """Take a row out of the protocol; whatever used it keeps it."""
    with _editing(by=by, review=review, reason=reason) as protocol:
        type(row)._default_manager.filter(pk=row.pk, protocol=protocol, retired_at__isnull=True).update(
            retired_at=timezone.now()
        )


@transaction.atomic
def start_screening(*, by: User, review: Review) -> ProtocolVersion:
    """Freeze version 1 and open screening; emits screening.started. Refuses an incomplete checklist."""
    locked = Review.objects.select_for_update().get(pk=review.pk)
    require(by, locked, Right.MANAGE)
    if locked.screening_started_at:
        raise AlreadyStarted
    missing = [item.label.lower() for item in checklist(locked) if item.is_required and not item.is_done]
    if missing:
        raise NotReady(missing="; ".join(missing))
    locked.screening_started_at = timezone.now()
    locked.state = ReviewState.ACTIVE
    locked.save(update_fields=["screening_started_at", "state"])
    review.screening_started_at, review.state = locked.screening_started_at, locked.state
    # Whoever edits holds the protocol's row: what they write is in the frozen version, or is an amendment.
    protocol = Protocol.objects.select_for_update().get(review=locked)
    seq = sequence.take(locked.pk)
    version = write_version(protocol=protocol, by=by, seq=seq)
    audit.record(by=by, verb="screening.started", target=version, review_id=locked.pk, seq=seq)
    events.emit("screening.started", review_id=locked.pk)
    return version
