"""Two people read one study, blind to each other, and finish."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from analysis.models import (
    Datum,
    Eligibility,
    Extraction,
    FormField,
    Reported,
    Study,
    Value,
)
from analysis.reading import Reading
from analysis.selectors import extraction as forms
from analysis.services.act import Act
from analysis.services.agreements import agree, agree_equal, correct
from analysis.services.targets import Target, datum_of
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput, NotAllowed
from reviews.models import User

__all__ = [
    "ExtractionFinished",
    "ExtractionIncomplete",
    "ExtractorsComplete",
    "StaysFinished",
    "StudyNotIncluded",
    "ValueAgreed",
    "agree",
    "agree_equal",
    "correct",
    "datum_of",
    "enter",
    "finish",
    "mark_rest_not_reported",
    "reopen",
    "start",
]


class StudyNotIncluded(DomainError):
    code = "study_not_included"
    sentence = "“{label}” is not included now: nothing is extracted from it until it is."


class ExtractorsComplete(DomainError):
    code = "extractors_complete"
    sentence = "Two people already extract “{label}”. You can help to agree on the values once both finish."


class ExtractionFinished(DomainError):
    code = "extraction_finished"
    sentence = "You have finished this extraction. Open it again to change it."


class ExtractionIncomplete(DomainError):
    code = "extraction_incomplete"
    sentence = "Before you finish, fill or mark: {missing}."
    status = 422


class StaysFinished(DomainError):
    code = "stays_finished"
    sentence = (
        "Both have finished and the readings are open: settle differences in the comparison. "
        "A line that came to the form later can be filled as it is."
    )


class ValueAgreed(DomainError):
    code = "value_agreed"
    sentence = "The team has agreed on this value. Correct it on the study's page, with a note."


@transaction.atomic
def start(*, by: User, study: Study) -> Extraction:
    """Begin to extract a study, or go on. Refuses a study that is not included, and a third extractor."""
    locked = Study.objects.select_for_update(no_key=True, of=("self",)).get(pk=study.pk)
    require(by, locked.review, Right.EXTRACT)
    if locked.eligibility != Eligibility.INCLUDED:
        raise StudyNotIncluded(label=locked.label)
    mine = forms.own_extraction(locked, by)
    if mine is not None:
        return mine
    if len(forms.places_taken(locked)) >= forms.EXTRACTORS:
        raise ExtractorsComplete(label=locked.label)
    version = 1 + FormField.objects.filter(review_id=locked.review_id).count()
    mine = Extraction.objects.create(study=locked, person=by, form_version=version)
    Act(by=by, review_id=locked.review_id).audit("extraction.started", mine)
    return mine


@transaction.atomic
def enter(
    *,
    by: User,
    extraction: Extraction,
    datum: Datum | None = None,
    field: FormField | None = None,
    entries: Mapping[str, str],
    reported: str = Reported.REPORTED,
    quote: str = "",
    page: str = "",
    place: str = "",
    why: str = "",
) -> list[Value]:
    """Write what the extractor reads on one line of the form; returns the values that are new.

    What is not among `entries` stays. Refuses impossible data, a finished extraction, an agreed value.
    """
    locked = _own(by, extraction, finished=True)
    target = Target(datum, field)
    target.check_belongs_to(locked.study)
    heads = _heads(locked, target)
    if _is_agreed(locked.study, target):
        raise ValueAgreed
    _refuse_closed_line(locked, target)
    if reported not in Reported.values:
        raise InvalidInput("“{reported}” is not a state of a value.", reported=reported)
    if reported == Reported.UNUSABLE and not why.strip():
        raise InvalidInput("Say why the reported result cannot be used.", quantity="why")
    readings = dict.fromkeys(target.quantities, Reading(""))
    if reported == Reported.REPORTED:
        readings = target.read(_complete(entries, heads))
    shared = {
        "reported": reported,
        "quote": quote.strip(),
        "page": page.strip(),
        "place": place.strip(),
        "note": why.strip() if reported != Reported.REPORTED else "",
    }
    return _write(locked, target, readings=readings, heads=heads, shared=shared)


def _refuse_closed_line(extraction: Extraction, target: Target) -> None:
    if extraction.finished_at is None:
        if forms.readings_in(extraction.study):
            raise ExtractorsComplete(label=extraction.study.label)
        return
    later = {(item.outcome, item.arm) for item in forms.later_lines(extraction)}
    if target.datum is None or (target.datum.outcome, target.datum.arm) not in later:
        raise ExtractionFinished


def _complete(entries: Mapping[str, str], heads: Mapping[str, Value]) -> dict[str, str]:
    """What was typed now over what stands; what follows from another field is read anew."""
    standing = {name: head.as_reported for name, head in heads.items() if not head.conversion}
    if "events" in heads or "mean" in heads:
        first = heads.get("events") or heads["mean"]
        standing.setdefault(str(first.quantity), first.as_reported)
    return {**standing, **entries}


def _write(
    extraction: Extraction,
    target: Target,
    *,
    readings: Mapping[str, Reading],
    heads: Mapping[str, Value],
    shared: Mapping[str, str],
) -> list[Value]:
    act = Act(by=extraction.person, review_id=extraction.study.review_id)
    new = []
    for quantity, reading in readings.items():
        wanted = {
            **shared,
            "as_reported": reading.as_reported,
            "as_used": reading.as_used,
            "conversion": reading.conversion,
        }
        head = heads.get(quantity)
        if head is not None and all(getattr(head, name) == value for name, value in wanted.items()):
            continue
        new.append(
            Value.objects.create(
                extraction=extraction,
                datum=target.datum,
                field=target.field,
                quantity=quantity,
                supersedes=head,
                seq=act.seq,
                **wanted,
            )
        )
    if new:
        act.audit("value.entered", extraction, new={"values": [value.pk for value in new]})
    return new


@transaction.atomic
def mark_rest_not_reported(*, by: User, extraction: Extraction) -> int:
    """Say of every outcome line still without an entry that the reports do not tell; returns how many."""
    locked = _own(by, extraction)
    lines = [
        item
        for item in forms.missing_lines(locked)
        if item.outcome and item.arm and item.key not in forms.entries_of(locked, [item])
    ]
    for item in lines:
        assert item.outcome is not None  # chosen above
        assert item.arm is not None
        datum = item.datum or datum_of(by=by, study=locked.study, outcome=item.outcome, arm=item.arm)
        enter(by=by, extraction=locked, datum=datum, entries={}, reported=Reported.NOT_REPORTED)
    return len(lines)


@transaction.atomic
def finish(*, by: User, extraction: Extraction) -> Extraction:
    """Hand the reading in. Refuses while a line of an outcome is neither filled nor marked."""
    locked = _own(by, extraction)
    missing = forms.missing_lines(locked)
    if missing:
        raise ExtractionIncomplete(missing="; ".join(item.name for item in missing))
    locked.finished_at = timezone.now()
    locked.save(update_fields=["finished_at"])
    extraction.finished_at = locked.finished_at
    Act(by=by, review_id=locked.study.review_id).audit("extraction.finished", locked)
    return locked


@transaction.atomic
def reopen(*, by: User, extraction: Extraction) -> Extraction:
    """Take a finished reading back, while the other is still blind."""
    locked = _own(by, extraction, finished=True)
    if forms.readings_in(locked.study):
        raise StaysFinished
    locked.finished_at = None
    locked.save(update_fields=["finished_at"])
    extraction.finished_at = None
    Act(by=by, review_id=locked.study.review_id).audit("extraction.reopened", locked)
    return locked


def _own(by: User, extraction: Extraction, *, finished: bool = False) -> Extraction:
    # The study's row is the lock of its blinding: one must not open a reading while another closes the pair.
    Study.objects.select_for_update(no_key=True, of=("self",)).get(pk=extraction.study_id)
    locked = (
        Extraction.objects.select_for_update(no_key=True, of=("self",))
        .select_related("study__review")
        .get(pk=extraction.pk)
    )
    require(by, locked.study.review, Right.EXTRACT)
    if locked.person_id != by.pk:
        raise NotAllowed("This reading is another person's.")
    if locked.study.eligibility != Eligibility.INCLUDED:
        raise StudyNotIncluded(label=locked.study.label)
    if locked.finished_at and not finished:
        raise ExtractionFinished
    return locked


def _heads(extraction: Extraction, target: Target) -> dict[str, Value]:
    values = list(
        Value.objects.filter(extraction=extraction, datum=target.datum, field=target.field).order_by("id")
    )
    superseded = {value.supersedes_id for value in values}
    return {str(value.quantity): value for value in values if value.pk not in superseded}


def _is_agreed(study: Study, target: Target) -> bool:
    return study.agreed_values.filter(
        datum=target.datum, field=target.field, superseded_by__isnull=True
    ).exists()
