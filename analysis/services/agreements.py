"""From two readings to the value that counts; a correction supersedes it and never overwrites."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from analysis.models import (
    AgreedValue,
    Agreement,
    Datum,
    DatumStatus,
    Extraction,
    FormField,
    Reported,
    Study,
)
from analysis.reading import Reading
from analysis.selectors import extraction as forms
from analysis.services.act import Act
from analysis.services.targets import Target
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.models import User

_ONE_EXTRACTOR = "Read by one person: the team has one extractor."


class StillBlind(DomainError):
    code = "still_blind"
    sentence = "The readings open once both extractors have finished."


class AlreadyAgreed(DomainError):
    code = "already_agreed"
    sentence = "The team has agreed on this already. Correct it with a note instead."


class NothingAgreed(DomainError):
    code = "nothing_agreed"
    sentence = "There is no agreed value here to correct."


class NoteNeeded(InvalidInput):
    code = "note_needed"
    sentence = "Say why the agreed value is corrected."


class StillIncomplete(InvalidInput):
    code = "still_incomplete"
    sentence = "To agree on this, give: {missing}."


@dataclass(frozen=True, slots=True)
class _Holding:
    """What is to be agreed on one target."""

    readings: Mapping[str, Reading]
    reported: str
    basis: str
    of_values: tuple[int, ...] = ()
    note: str = ""


@transaction.atomic
def agree_equal(*, by: User, study: Study) -> int:
    """Agree on every line that both read the same; returns how many. Emits extraction.agreed.

    Where the team has one extractor, that one reading is agreed on and marked so.
    """
    locked, extractions = _open(by, study)
    act = Act(by=by, review_id=locked.review_id)
    rows = [row for row in forms.comparison(locked, extractions) if row.can_be_agreed]
    for row in rows:
        first = row.entries[0]
        assert first is not None  # can_be_agreed
        is_pair = len(extractions) >= forms.EXTRACTORS
        holding = _Holding(
            readings=_readings(first),
            reported=first.reported,
            basis=Agreement.EQUAL if is_pair else Agreement.RESOLVED,
            of_values=tuple(pk for entry in row.entries if entry for pk in entry.value_ids),
            note=first.note if first.note or is_pair else _ONE_EXTRACTOR,
        )
        _write(locked, Target(row.item.datum, row.item.field), holding, act=act)
    return len(rows)


@transaction.atomic
def agree(
    *,
    by: User,
    study: Study,
    datum: Datum | None = None,
    field: FormField | None = None,
    choose: Extraction | None = None,
    entries: Mapping[str, str] | None = None,
    reported: str = Reported.REPORTED,
    why: str = "",
) -> list[AgreedValue]:
    """Settle one line: take one extractor's reading (`choose`), or what is typed (`entries`, `reported`).

    Emits extraction.agreed. Refuses a blind reading, a line already agreed, impossible or partial data.
    """
    locked, extractions = _open(by, study)
    target = Target(datum, field)
    target.check_belongs_to(locked)
    if _heads(locked, target):
        raise AlreadyAgreed
    rows = forms.comparison(locked, extractions)
    row = next((row for row in rows if (row.item.datum, row.item.field) == (datum, field)), None)
    if row is None:
        raise InvalidInput("This line is not on the form now.")
    read_by_both = tuple(pk for entry in row.entries if entry for pk in entry.value_ids)
    if choose is not None:
        if choose not in extractions:
            raise InvalidInput("This reading belongs to another study.")
        entry = row.entries[extractions.index(choose)]
        if entry is None:
            raise InvalidInput("There is nothing in this reading to take over.")
        holding = _Holding(_readings(entry), entry.reported, Agreement.RESOLVED, read_by_both, entry.note)
    else:
        holding = _typed(
            target,
            entries or {},
            reported=reported,
            basis=Agreement.RESOLVED,
            of_values=read_by_both,
            note=why,
        )
    return _write(locked, target, holding, act=Act(by=by, review_id=locked.review_id))


@transaction.atomic
def correct(
    *,
    by: User,
    study: Study,
    datum: Datum | None = None,
    field: FormField | None = None,
    entries: Mapping[str, str] | None = None,
    reported: str = Reported.REPORTED,
    note: str,
) -> list[AgreedValue]:
    """Put another value in the place of the agreed one. Emits extraction.agreed where anything changes.

    Refuses a correction without a note, impossible or partial data, and a line that was never agreed.
    """
    locked = Study.objects.select_for_update(no_key=True, of=("self",)).get(pk=study.pk)
    require(by, locked.review, Right.EXTRACT)
    if not note.strip():
        raise NoteNeeded
    target = Target(datum, field)
    target.check_belongs_to(locked)
    heads = _heads(locked, target)
    if not heads:
        raise NothingAgreed
    given = entries or {}
    if reported == Reported.REPORTED and given:
        standing = {name: head.as_used for name, head in heads.items() if head.as_used}
        given = {**standing, **given}
    holding = _typed(target, given, reported=reported, basis=Agreement.CORRECTED, of_values=(), note=note)
    return _write(locked, target, holding, act=Act(by=by, review_id=locked.review_id))


def _open(by: User, study: Study) -> tuple[Study, list[Extraction]]:
    locked = Study.objects.select_for_update(no_key=True, of=("self",)).get(pk=study.pk)
    require(by, locked.review, Right.EXTRACT)
    extractions = forms.open_extractions(locked)
    if not extractions:
        raise StillBlind
    return locked, extractions


def _typed(
    target: Target,
    entries: Mapping[str, str],
    *,
    reported: str,
    basis: str,
    of_values: tuple[int, ...],
    note: str,
) -> _Holding:
    if reported not in Reported.values:
        raise InvalidInput("“{reported}” is not a state of a value.", reported=reported)
    if reported == Reported.UNUSABLE and not note.strip():
        raise InvalidInput("Say why the reported result cannot be used.", quantity="why")
    if reported == Reported.REPORTED:
        readings = target.read(entries)
    else:
        readings = dict.fromkeys(target.quantities, Reading(""))
    return _Holding(readings, reported, basis, of_values, note.strip())


def _readings(entry: forms.Entry) -> dict[str, Reading]:
    return {
        name: Reading(number.as_reported, number.as_used, number.conversion)
        for name, number in entry.numbers.items()
    }


def _heads(study: Study, target: Target) -> dict[str, AgreedValue]:
    heads = AgreedValue.objects.filter(
        study=study, datum=target.datum, field=target.field, superseded_by__isnull=True
    )
    return {str(head.quantity): head for head in heads}


def _write(study: Study, target: Target, holding: _Holding, *, act: Act) -> list[AgreedValue]:
    missing = [name for name, reading in holding.readings.items() if not reading.as_used]
    if holding.reported == Reported.REPORTED and missing:
        raise StillIncomplete(missing=", ".join(missing))
    assert act.by is not None  # people agree, rules never do
    heads = _heads(study, target)
    wanted = {
        name: (holding.reported, reading.as_reported, reading.as_used, reading.conversion)
        for name, reading in holding.readings.items()
    }
    held = {name: (h.reported, h.as_reported, h.as_used, h.conversion) for name, h in heads.items()}
    if held == wanted and holding.reported != Reported.UNUSABLE:
        return []
    written = [
        AgreedValue.objects.create(
            study=study,
            datum=target.datum,
            field=target.field,
            quantity=name,
            reported=holding.reported,
            as_reported=reading.as_reported,
            as_used=reading.as_used,
            conversion=reading.conversion,
            basis=holding.basis,
            of_values=list(holding.of_values),
            note=holding.note,
            by=act.by,
            supersedes=heads.get(name),
            seq=act.seq,
        )
        for name, reading in holding.readings.items()
    ]
    if target.datum:
        _project(target.datum, holding)
    verb = "value.corrected" if holding.basis == Agreement.CORRECTED else "value.agreed"
    act.audit(verb, study, new={"values": [value.pk for value in written]})
    act.emit("extraction.agreed", study=study.pk, outcome=target.outcome_id)
    return written


def _project(datum: Datum, holding: _Holding) -> None:
    states = {
        Reported.REPORTED: DatumStatus.AGREED,
        Reported.NOT_REPORTED: DatumStatus.NOT_REPORTED,
        Reported.UNUSABLE: DatumStatus.UNUSABLE,
    }
    datum.status = states[Reported(holding.reported)]
    datum.status_reason = holding.note[:300] if holding.reported == Reported.UNUSABLE else ""
    datum.save(update_fields=["status", "status_reason"])
