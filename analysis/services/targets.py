"""What a value is a value of, and the datum that an outcome and an arm name."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from analysis.models import AnalysisPopulation, Arm, Datum, FieldKind, FormField, Study, Timepoint
from analysis.reading import Reading, read, read_number
from analysis.selectors import extraction as forms
from analysis.selectors.data import QUANTITIES, active_arms
from reviews.access import Right, require
from reviews.errors import InvalidInput
from reviews.models import Outcome, User

_LONGEST = 300  # characters that a value keeps as reported


@dataclass(frozen=True, slots=True)
class Target:
    """What a value is a value of: one datum or one characteristic."""

    datum: Datum | None = None
    field: FormField | None = None

    def __post_init__(self) -> None:
        if (self.datum is None) == (self.field is None):
            raise TypeError("give either datum= or field=")

    @property
    def quantities(self) -> tuple[str, ...]:
        return QUANTITIES[self.datum.outcome.type] if self.datum else (forms.FIELD,)

    @property
    def outcome_id(self) -> int:
        return self.datum.outcome_id if self.datum else 0

    def check_belongs_to(self, study: Study) -> None:
        if self.datum and self.datum.study_id != study.pk:
            raise InvalidInput("This result belongs to another study.")
        if self.field and (self.field.review_id != study.review_id or self.field.retired_at is not None):
            raise InvalidInput("This characteristic is not on the form now.")

    def read(self, entries: Mapping[str, str]) -> dict[str, Reading]:
        """As typed -> as used; refuses impossible data."""
        unknown = set(entries) - set(self.quantities)
        if unknown:
            raise InvalidInput(
                "{unknown} is not asked here; expected {known}.",
                unknown=", ".join(sorted(unknown)),
                known=", ".join(self.quantities),
            )
        for name, text in entries.items():
            if len(text) > _LONGEST:
                raise InvalidInput(f"Give at most {_LONGEST} characters.", quantity=name)
        if self.datum:
            return read(self.datum.outcome.type, entries)
        assert self.field is not None  # __post_init__: one of the two
        return {forms.FIELD: _read_field(self.field, entries.get(forms.FIELD, ""))}


def _read_field(field: FormField, text: str) -> Reading:
    text = text.strip()
    if field.kind == FieldKind.NUMBER:
        return read_number(text)
    if field.kind == FieldKind.CHOICE and text and text not in field.choices:
        raise InvalidInput(
            "“{text}” is not among the choices of “{label}”: {choices}.",
            text=text,
            label=field.label,
            choices=", ".join(field.choices),
            quantity=forms.FIELD,
        )
    return Reading(text, text)


@transaction.atomic
def datum_of(
    *, by: User, study: Study, outcome: Outcome, arm: Arm, population: str = "", definition: str = ""
) -> Datum:
    """The datum of an outcome in an arm at the study's time point; made when it is first needed.

    Refuses an outcome of another review and an arm that does not count under the study's design.
    """
    require(by, study.review, Right.EXTRACT)
    if outcome.protocol.review_id != study.review_id or outcome.retired_at is not None:
        raise InvalidInput("This outcome is not in the protocol now.")
    if arm not in active_arms(study.design, study.arms.all()):
        raise InvalidInput("This arm does not count under the study's design.")
    present = (
        Datum.objects.filter(study=study, outcome=outcome, arm=arm, definition=definition)
        .filter(**({"population__kind": population} if population else {}))
        .order_by("id")
        .first()
    )
    if present is not None:
        return present
    timepoint = Timepoint.objects.filter(study=study).order_by("id").first()
    people = AnalysisPopulation.objects.filter(study=study).order_by("id").first()
    if population:
        people, _ = AnalysisPopulation.objects.get_or_create(study=study, kind=population)
    datum, _ = Datum.objects.get_or_create(
        study=study,
        outcome=outcome,
        arm=arm,
        timepoint=timepoint or Timepoint.objects.create(study=study),
        population=people or AnalysisPopulation.objects.create(study=study),
        definition=definition,
    )
    return datum
