"""Publications that belong together without being one: reports of one study, abstracts, corrections."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.models import (
    DuplicateSuggestion,
    RelationKind,
    Report,
    ReportRelation,
    SuggestionState,
    User,
)
from reviews.services import duplicates
from reviews.services.merging import TOLD, Sets, ask_again, linked

_NOTHING_BEFORE: dict[str, Any] = {"state_before": "", "decided_by_before": None, "decided_at_before": None}


class AlreadyRelated(DomainError):
    code = "already_related"
    sentence = "This is said of the two already."


class AlreadyTakenBack(DomainError):
    code = "already_taken_back"
    sentence = "This was taken back already."


@transaction.atomic
def relate(*, by: User, first: Report, second: Report, kind: str) -> ReportRelation:
    """Say what two publications are to each other; the first is the lesser. Emits reports.related.

    No rule merges them from now on, and what was open about the two is answered. Refuses reports that are
    one, and what was said of the two already.
    """
    require(by, first.review, Right.SEARCH)
    if kind not in RelationKind.values:
        raise InvalidInput("“{kind}” is not a relation of publications.", kind=kind)
    if first.review_id != second.review_id:
        raise duplicates.DifferentReviews
    sets = Sets(first.review_id, (first.pk, second.pk))
    lesser, greater = sets.root(first.pk), sets.root(second.pk)
    if lesser == greater:
        raise duplicates.AlreadyMerged
    said = ReportRelation.objects.filter(
        first__in=sets.members(lesser), second__in=sets.members(greater), kind=kind
    )
    if said.filter(undoes__isnull=True, undone_by__isnull=True).exists():
        raise AlreadyRelated
    _answer(by, first.review_id, (lesser, greater))
    return _write(by, first.review_id, (lesser, greater), kind)


@transaction.atomic
def decide_related(
    *, by: User, suggestion: DuplicateSuggestion, kind: str, is_second_lesser: bool = False
) -> ReportRelation:
    """A person says that a suggested pair is two publications that belong together. Emits reports.related."""
    asked = duplicates.open_question(suggestion)
    pair = [asked.first, asked.second]
    lesser, greater = reversed(pair) if is_second_lesser else pair
    return relate(by=by, first=lesser, second=greater, kind=kind)


@transaction.atomic
def take_back(*, by: User, relation: ReportRelation) -> ReportRelation:
    """Take back what was said of two publications: what was said before holds again, or it is a question.

    Emits reports.related.
    """
    require(by, relation.review, Right.SEARCH)
    sets = Sets(relation.review_id, (relation.first_id, relation.second_id))
    if relation.undoes_id is not None or ReportRelation.objects.filter(undoes=relation).exists():
        raise AlreadyTakenBack
    _ask_again(by, sets, relation)
    return _write(
        by, relation.review_id, (relation.first_id, relation.second_id), relation.kind, undoes=relation
    )


def _ask_again(by: User, sets: Sets, relation: ReportRelation) -> None:
    """What the relation had answered, unless another one is said of the two, or they are one by now."""
    root = sets.roots(relation.first_id, relation.second_id)
    pair = frozenset(root.values())
    if len(pair) == 1 or pair in linked(root, without=relation.pk):
        return
    asked = duplicates.between(*sorted(pair)).filter(state=SuggestionState.RELATED)
    asked.filter(state_before=SuggestionState.DISTINCT).update(
        state=SuggestionState.DISTINCT,
        decided_by=F("decided_by_before"),
        decided_at=F("decided_at_before"),
        **_NOTHING_BEFORE,
    )
    # What nobody had asked is no question now: the two are different, as they were.
    asked.filter(rule=TOLD).update(state=SuggestionState.DISTINCT, decided_by=by, decided_at=timezone.now())
    ask_again({pk: set(pair) for pk in asked.values_list("pk", flat=True)})


def _answer(by: User, review_id: int, pair: tuple[int, int]) -> None:
    now = timezone.now()
    # "Not duplicates" is put aside, as a merge does, and holds again when the relation is taken back.
    duplicates.between(*pair).filter(state=SuggestionState.DISTINCT).update(
        state_before=F("state"), decided_by_before=F("decided_by"), decided_at_before=F("decided_at")
    )
    open_now = duplicates.between(*pair).exclude(state=SuggestionState.MERGED)
    if open_now.update(state=SuggestionState.RELATED, decided_by=by, decided_at=now):
        return
    first, second = sorted(pair)
    said = {"state": SuggestionState.RELATED, "decided_by": by, "decided_at": now}
    DuplicateSuggestion.objects.update_or_create(
        first_id=first,
        second_id=second,
        defaults=said,
        create_defaults={"review_id": review_id, "rule": TOLD, "score": 0.0, **said},
    )


def _write(
    by: User, review_id: int, pair: tuple[int, int], kind: str, *, undoes: ReportRelation | None = None
) -> ReportRelation:
    seq = sequence.take(review_id)
    made = ReportRelation.objects.create(
        review_id=review_id, first_id=pair[0], second_id=pair[1], kind=kind, by=by, undoes=undoes, seq=seq
    )
    audit.record(
        by=by,
        verb="reports.unrelated" if undoes else "reports.related",
        target=made,
        review_id=review_id,
        seq=seq,
        new={"first": pair[0], "second": pair[1], "kind": kind},
    )
    events.emit("reports.related", review_id=review_id, relation=made.pk)
    return made
