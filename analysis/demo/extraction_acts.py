"""Two readings of each study, and what the pair agrees on. The second reading is simulated."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.demo.stage import Stage
from analysis.models import Arm, Extraction, FormField, Reported, Study
from analysis.selectors.extraction import comparison, entries_of, form_items, open_extractions
from analysis.services import extractions, form_fields
from reviews.models import Outcome, Review, User


@dataclass(frozen=True, slots=True)
class Line:
    """One result as printed: what the form is told, and where it stands."""

    entries: Mapping[str, str]
    place: str = ""
    quote: str = ""
    population: str = ""


Lines = Mapping[tuple[int, int], Line]  # (outcome, arm) -> what is printed


def read_study(
    stage: Stage,
    study: Study,
    *,
    characteristics: Mapping[str, str],
    readings: tuple[Lines, Lines],
    why_missing: str,
) -> None:
    """Both read the study, each blind to the other, and finish."""
    for person, lines in zip(stage.pair, readings, strict=True):
        extraction = extractions.start(by=person, study=study)
        if extraction.finished_at is None:
            _fill(person, extraction, characteristics=characteristics, lines=lines, why_missing=why_missing)
            extractions.finish(by=person, extraction=extraction)


def _fill(
    person: User,
    extraction: Extraction,
    *,
    characteristics: Mapping[str, str],
    lines: Lines,
    why_missing: str,
) -> None:
    items = form_items(extraction.study)
    entered = entries_of(extraction, items)
    for item in items:
        if item.key in entered:
            continue
        if item.field is not None:
            text = characteristics.get(item.field.key, "")
            if text:
                extractions.enter(
                    by=person,
                    extraction=extraction,
                    field=item.field,
                    entries={"field": text},
                    place="table 1",
                )
            else:
                extractions.enter(
                    by=person,
                    extraction=extraction,
                    field=item.field,
                    entries={},
                    reported=Reported.NOT_REPORTED,
                )
        elif item.outcome is not None and item.arm is not None:
            _fill_datum(person, extraction, item.outcome, item.arm, lines=lines, why_missing=why_missing)


def _fill_datum(
    person: User, extraction: Extraction, outcome: Outcome, arm: Arm, *, lines: Lines, why_missing: str
) -> None:
    line = lines.get((outcome.pk, arm.pk))
    datum = extractions.datum_of(
        by=person,
        study=extraction.study,
        outcome=outcome,
        arm=arm,
        population=line.population if line else "",
    )
    if line is None:
        extractions.enter(
            by=person,
            extraction=extraction,
            datum=datum,
            entries={},
            reported=Reported.NOT_REPORTED,
            why=why_missing,
        )
        return
    extractions.enter(
        by=person,
        extraction=extraction,
        datum=datum,
        entries=line.entries,
        place=line.place,
        quote=line.quote,
    )


def agree_on_study(stage: Stage, study: Study) -> None:
    """Take over what both read alike; where they differ, the pair keeps the first reading."""
    first, _ = stage.pair
    readings = open_extractions(study)
    waiting = [row for row in comparison(study, readings) if row.can_be_agreed]
    if waiting:
        extractions.agree_equal(by=first, study=study)
    mine = next(reading for reading in readings if reading.person_id == first.pk)
    for row in comparison(study, readings):
        if row.needs_a_person:
            extractions.agree(by=first, study=study, datum=row.item.datum, field=row.item.field, choose=mine)


def fields_of(stage: Stage, review: Review, wanted: Mapping[str, tuple[str, str, tuple[str, ...]]]) -> None:
    """Put characteristics on the form: key -> (label, kind, choices)."""
    present = set(FormField.objects.filter(review=review).values_list("key", flat=True))
    for key, (label, kind, choices) in wanted.items():
        if key not in present:
            form_fields.add(by=stage.lead, review=review, label=label, kind=kind, choices=choices, key=key)
