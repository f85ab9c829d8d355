"""The extraction form of a study, and what extractors wrote in it: blind until both have finished."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from analysis.models import (
    AgreedValue,
    Arm,
    Datum,
    Extraction,
    FormField,
    Reported,
    Study,
    Value,
)
from analysis.selectors.data import QUANTITIES, active_arms
from reviews.access import Right, members_with
from reviews.models import Outcome, User

FIELD = "field"
EXTRACTORS = 2
# Codes of conversions whose text stands in another field: shown there, not twice.
_DERIVED = {"total": "fraction", "sd": "mean_sd"}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the form: a characteristic, or one outcome in one arm. `datum` is None until first used."""

    key: str
    label: str
    field: FormField | None = None
    outcome: Outcome | None = None
    arm: Arm | None = None
    datum: Datum | None = None

    @property
    def quantities(self) -> tuple[str, ...]:
        return QUANTITIES[self.outcome.type] if self.outcome else (FIELD,)

    @property
    def name(self) -> str:
        """The line on its own, away from its group."""
        return f"{self.outcome.name}, {self.arm.label}" if self.outcome and self.arm else self.label


@dataclass(frozen=True, slots=True)
class Number:
    """One quantity of an entry."""

    as_reported: str
    as_used: str
    conversion: str

    @property
    def is_waiting(self) -> bool:
        return bool(self.as_reported) and not self.as_used


@dataclass(frozen=True, slots=True)
class Entry:
    """What one person, or the team, holds on one line of the form."""

    reported: str
    numbers: dict[str, Number]
    value_ids: tuple[int, ...]
    quote: str = ""
    page: str = ""
    place: str = ""
    note: str = ""
    basis: str = ""

    @property
    def is_complete(self) -> bool:
        if self.reported != Reported.REPORTED:
            return True
        return all(number.as_used for number in self.numbers.values())

    @property
    def is_empty(self) -> bool:
        return self.reported == Reported.REPORTED and not any(
            number.as_reported for number in self.numbers.values()
        )

    def says_the_same_as(self, other: "Entry") -> bool:
        """Whether both are the same for a pool: the way they were printed may differ."""
        return self.reported == other.reported and {
            name: number.as_used for name, number in self.numbers.items()
        } == {name: number.as_used for name, number in other.numbers.items()}

    @property
    def used(self) -> str:
        """The numbers in one phrase: "9/25", "1.2 (0.4), n = 30"."""
        if self.reported != Reported.REPORTED:
            label = Reported(self.reported).label
            return f"{label}: {self.note}" if self.note else label
        used = {name: number.as_used or "…" for name, number in self.numbers.items()}
        if "events" in used:
            return f"{used['events']}/{used['total']}"
        if "mean" in used:
            return f"{used['mean']} ({used['sd']}), n = {used['n']}"
        return used[FIELD]

    @property
    def printed(self) -> str:
        """As reported, where that reads differently from the number used."""
        texts = [n.as_reported for n in self.numbers.values() if n.as_reported and n.as_reported != n.as_used]
        return "; ".join(dict.fromkeys(texts))

    @property
    def where(self) -> str:
        return ", ".join(part for part in (f"p. {self.page}" if self.page else "", self.place) if part)

    def shown(self, quantity: str) -> str:
        """The text of the field: what was typed there, nothing where it follows from another field."""
        number = self.numbers.get(quantity)
        if number is None or (number.conversion and _DERIVED.get(quantity) == number.conversion):
            return ""
        return number.as_reported


def form_items(study: Study) -> list[Item]:
    """Every line of the study's form as it is now, in four queries."""
    fields = FormField.objects.filter(review_id=study.review_id, retired_at__isnull=True)
    outcomes = Outcome.objects.filter(protocol__review_id=study.review_id, retired_at__isnull=True)
    arms = active_arms(study.design, study.arms.all())
    data = {
        (datum.outcome_id, datum.arm_id): datum for datum in Datum.objects.filter(study=study).order_by("-id")
    }
    lines = [Item(key=f"field-{field.pk}", label=field.label, field=field) for field in fields]
    for outcome in outcomes:
        lines += [
            Item(
                key=f"outcome-{outcome.pk}-{arm.pk}",
                label=arm.label,
                outcome=outcome,
                arm=arm,
                datum=data.get((outcome.pk, arm.pk)),
            )
            for arm in arms
        ]
    return lines


def entries_of(extraction: Extraction, items: Iterable[Item]) -> dict[str, Entry]:
    """What one extractor wrote, by key of the line. The caller shows it to nobody else before `is_open`."""
    values = list(Value.objects.filter(extraction=extraction).order_by("id"))
    superseded = {value.supersedes_id for value in values}
    heads = [value for value in values if value.pk not in superseded]
    return _by_item(heads, items)


def agreed_of(study: Study, items: Iterable[Item]) -> dict[str, Entry]:
    """What the team agreed, by key of the line."""
    heads = AgreedValue.objects.filter(study=study, superseded_by__isnull=True).order_by("id")
    return _by_item(list(heads), items)


def _by_item(heads: Iterable[Value | AgreedValue], items: Iterable[Item]) -> dict[str, Entry]:
    by_place: dict[tuple[int | None, int | None], list[Value | AgreedValue]] = {}
    for head in heads:
        by_place.setdefault((head.datum_id, head.field_id), []).append(head)
    found = {}
    for item in items:
        place = (item.datum.pk if item.datum else None, item.field.pk if item.field else None)
        if place != (None, None) and place in by_place:
            found[item.key] = _entry(item, by_place[place])
    return found


def _entry(item: Item, heads: list[Value | AgreedValue]) -> Entry:
    by_quantity = {str(head.quantity): head for head in heads}
    first = heads[0]
    empty = Number("", "", "")
    return Entry(
        reported=first.reported,
        numbers={
            name: Number(head.as_reported, head.as_used, head.conversion)
            if (head := by_quantity.get(name)) is not None
            else empty
            for name in item.quantities
        },
        value_ids=tuple(head.pk for head in heads),
        quote=getattr(first, "quote", ""),
        page=getattr(first, "page", ""),
        place=getattr(first, "place", ""),
        note=first.note,
        basis=getattr(first, "basis", ""),
    )


def missing_lines(extraction: Extraction) -> list[Item]:
    """Outcome lines that are neither filled nor marked; a blank characteristic is an answer."""
    items = form_items(extraction.study)
    entries = entries_of(extraction, items)
    return [
        item
        for item in items
        if ((entry := entries.get(item.key)) is None and item.outcome)
        or (entry is not None and not (entry.is_complete or (item.field and entry.is_empty)))
    ]


def _needed(able: Collection[int]) -> int:
    return min(EXTRACTORS, max(1, len(able)))


def readings_in(study: Study) -> list[Extraction]:
    """The finished readings once everybody who reads the study has finished; empty before that.

    Whoever left the reading unfinished, and may not extract any more, is not waited for.
    """
    able = members_with(study.review, Right.EXTRACT)
    extractions = list(study.extractions.select_related("person").order_by("id"))
    finished = [extraction for extraction in extractions if extraction.finished_at]
    is_awaited = any(each.person_id in able for each in extractions if not each.finished_at)
    # Two finished readings are complete: one who left and came back does not close them again.
    is_in = len(finished) >= (EXTRACTORS if is_awaited else _needed(able))
    return finished if is_in else []


def open_extractions(study: Study) -> list[Extraction]:
    """The finished readings once nobody is blind any more; empty before that.

    A line that came after both had finished closes them again from its first entry until both have read it.
    """
    finished = readings_in(study)
    if not finished:
        return []
    items = [item for item in form_items(study) if item.outcome]
    sides = [entries_of(extraction, items) for extraction in _still_blind(study, finished)]
    is_uneven = any(_is_uneven([side.get(item.key) for side in sides]) for item in items)
    return [] if is_uneven else finished


def later_lines(extraction: Extraction) -> list[Item]:
    """Outcome lines that a finished reading may still fill: those that not every extractor has read."""
    finished = readings_in(extraction.study)
    if extraction not in finished:
        return []
    items = [item for item in form_items(extraction.study) if item.outcome]
    sides = [entries_of(each, items) for each in _still_blind(extraction.study, finished)]
    return [item for item in items if not all(_is_read(side.get(item.key)) for side in sides)]


def _still_blind(study: Study, finished: list[Extraction]) -> list[Extraction]:
    able = members_with(study.review, Right.EXTRACT)
    return [extraction for extraction in finished if extraction.person_id in able]


def _is_read(entry: Entry | None) -> bool:
    return entry is not None and not entry.is_empty and entry.is_complete


def _is_uneven(entries: Collection[Entry | None]) -> bool:
    is_begun = any(entry is not None and not entry.is_empty for entry in entries)
    return is_begun and not all(_is_read(entry) for entry in entries)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison."""

    item: Item
    entries: tuple[Entry | None, ...]
    agreed: Entry | None

    @property
    def differs(self) -> bool:
        said = [entry for entry in self.entries if entry is not None and not entry.is_empty]
        if len(said) != len(self.entries):
            return bool(said)
        return any(not entry.says_the_same_as(said[0]) for entry in said[1:])

    @property
    def is_blank(self) -> bool:
        return all(entry is None or entry.is_empty for entry in self.entries)

    @property
    def can_be_agreed(self) -> bool:
        return self.agreed is None and not self.differs and not self.is_blank

    @property
    def needs_a_person(self) -> bool:
        return self.agreed is None and self.differs


def comparison(study: Study, extractions: list[Extraction]) -> list[Row]:
    """The readings side by side; `extractions` come from `open_extractions`, which keeps the blinding."""
    items = form_items(study)
    sides = [entries_of(extraction, items) for extraction in extractions]
    agreed = agreed_of(study, items)
    return [Row(item, tuple(side.get(item.key) for side in sides), agreed.get(item.key)) for item in items]


def own_extraction(study: Study, person: User) -> Extraction | None:
    return Extraction.objects.filter(study=study, person=person).first()


def places_taken(study: Study) -> list[Extraction]:
    """Readings that count towards the two; who may not extract any more and left one unfinished frees it."""
    able = members_with(study.review, Right.EXTRACT)
    return [each for each in study.extractions.all() if each.finished_at or each.person_id in able]
