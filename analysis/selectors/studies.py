"""Lists of studies and the page of one: what waits for a person, what is agreed, how it came about."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from analysis.models import (
    AgreedValue,
    Arm,
    Datum,
    DatumStatus,
    Eligibility,
    Extraction,
    MaySharePopulation,
    Study,
    StudyEligibility,
    StudyLink,
    StudyReport,
)
from analysis.selectors.data import active_arms
from analysis.selectors.extraction import EXTRACTORS, Entry, Item, agreed_of, form_items, places_taken
from reviews.access import Right, members_with
from reviews.models import FeedEntry, Outcome, Report, Review, User
from reviews.selectors.counted import counts
from screening.models import Attachment, RetrievalState, ScreeningOutcome, ScreeningState, StageName
from screening.rules import Section, sections

# A person's place in the extraction of one study, in the order of the work.
STATES = {
    "to_extract": "To extract",
    "in_progress": "In progress",
    "waiting": "Done, waiting for the other",
    "to_agree": "To agree",
    "agreed": "Agreed",
    "taken": "With two others",
}


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One included study in the list of the Extract tab, as one person sees it."""

    study: Study
    state: str
    settled: int
    lines: int

    @property
    def state_label(self) -> str:
        return STATES[self.state]


def extract_list(review: Review, person: User) -> list[StudyRow]:
    """Included studies with this person's part in them, in six queries."""
    studies = list(
        Study.objects.filter(review=review, eligibility=Eligibility.INCLUDED).order_by("label", "id")
    )
    outcomes = set(
        Outcome.objects.filter(protocol__review=review, retired_at__isnull=True).values_list("pk", flat=True)
    )
    arms: dict[int, list[Arm]] = defaultdict(list)
    for arm in Arm.objects.filter(study__in=studies):
        arms[arm.study_id].append(arm)
    extractions: dict[int, list[Extraction]] = defaultdict(list)
    for extraction in Extraction.objects.filter(study__in=studies):
        extractions[extraction.study_id].append(extraction)
    settled: dict[int, set[tuple[int, int]]] = defaultdict(set)
    data = Datum.objects.filter(study__in=studies, outcome__in=outcomes).exclude(
        status=DatumStatus.NOT_EXTRACTED
    )
    for study_id, outcome_id, arm_id in data.values_list("study_id", "outcome_id", "arm_id"):
        settled[study_id].add((outcome_id, arm_id))
    able = members_with(review, Right.EXTRACT)
    needed = min(EXTRACTORS, max(1, len(able)))
    rows = []
    for study in studies:
        counted = {arm.pk for arm in active_arms(study.design, arms[study.pk])}
        done = sum(1 for _, arm_id in settled[study.pk] if arm_id in counted)
        lines = len(outcomes) * len(counted)
        counted_in = [each for each in extractions[study.pk] if each.finished_at or each.person_id in able]
        state = _state(counted_in, person=person, needed=needed, is_settled=done == lines > 0)
        rows.append(StudyRow(study, state, done, lines))
    return rows


def _state(extractions: list[Extraction], *, person: User, needed: int, is_settled: bool) -> str:
    mine = next((each for each in extractions if each.person_id == person.pk), None)
    if mine is not None and mine.finished_at is None:
        return "in_progress"
    if is_settled:
        return "agreed"
    if len(extractions) >= needed and all(each.finished_at for each in extractions):
        return "to_agree"
    if mine is not None:
        return "waiting"
    return "taken" if len(extractions) >= needed else "to_extract"


def by_state(rows: Iterable[StudyRow]) -> list[tuple[str, str, int]]:
    """(state, label, number) for the filter, without the states that nobody is in."""
    counts = Counter(row.state for row in rows)
    return [(state, label, counts[state]) for state, label in STATES.items() if counts[state]]


# -- The studies of a review --------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ListedStudy:
    study: Study
    reports: tuple[Report, ...]
    basis: str
    reason: str
    is_contradictory: bool


def _tells() -> Exists:
    """Some report that counts tells of the study."""
    return Exists(StudyReport.objects.filter(counts("report_id"), study=OuterRef("pk")))


def studies_of(review: Review, eligibility: str = "") -> list[ListedStudy]:
    """Studies with their reports and the latest word on their eligibility."""
    # A study whose reports all went to another one, or left the counts, is history: its page still shows it.
    studies = Study.objects.filter(_tells(), review=review).order_by("label", "id")
    if eligibility:
        studies = studies.filter(eligibility=eligibility)
    links = StudyReport.objects.filter(counts("report_id")).select_related("report").order_by("pk")
    found = list(studies.prefetch_related(Prefetch("study_reports", links)))
    heads: dict[int, StudyEligibility] = {}
    facts = StudyEligibility.objects.filter(study__in=found).select_related("reason").order_by("seq", "id")
    for fact in facts:
        heads[fact.study_id] = fact
    told = set(
        FeedEntry.objects.filter(review_id=review.pk, kind="study_contradiction").values_list(
            "params__study", flat=True
        )
    )
    return [
        ListedStudy(
            study=study,
            reports=tuple(link.report for link in study.study_reports.all()),
            basis=heads[study.pk].basis if study.pk in heads else "",
            reason=_why(heads.get(study.pk)),
            is_contradictory=study.eligibility == Eligibility.AWAITING and study.pk in told,
        )
        for study in found
    ]


def _why(fact: StudyEligibility | None) -> str:
    if fact is None:
        return ""
    return "; ".join(part for part in (fact.reason.label if fact.reason else "", fact.note) if part)


def counts_by_eligibility(review: Review) -> dict[str, int]:
    rows = (
        Study.objects.filter(_tells(), review=review)
        .order_by()
        .values_list("eligibility")
        .annotate(n=Count("pk"))
    )
    return dict(rows)


# -- One study ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a study's history."""

    at: datetime
    what: str
    by: User | None


@dataclass(frozen=True, slots=True)
class AgreedLine:
    item: Item
    entry: Entry | None

    @property
    def starts_outcome(self) -> bool:
        return self.item.outcome is not None


@dataclass(frozen=True, slots=True)
class StudyPage:
    reports: tuple[Report, ...]
    arms: tuple[Arm, ...]
    overlaps: tuple[tuple[Study, MaySharePopulation], ...]
    lines: tuple[AgreedLine, ...]
    extractions: tuple[Extraction, ...]
    history: tuple[Happening, ...]


def study_page(study: Study) -> StudyPage:
    items = form_items(study)
    agreed = agreed_of(study, items)
    overlaps = MaySharePopulation.objects.filter(Q(first=study) | Q(second=study)).select_related(
        "first", "second"
    )
    return StudyPage(
        reports=tuple(reports_of(study)),
        arms=tuple(active_arms(study.design, study.arms.all())),
        overlaps=tuple((each.second if each.first_id == study.pk else each.first, each) for each in overlaps),
        lines=tuple(AgreedLine(item, agreed.get(item.key)) for item in items),
        extractions=tuple(study.extractions.select_related("person").order_by("id")),
        history=tuple(_history(study)),
    )


def my_reading(study: Study, extractions: Sequence[Extraction], person: User) -> str:
    """This person's part in the two readings: "free" to begin, "begun", "finished", or "" for none."""
    mine = next((each for each in extractions if each.person_id == person.pk), None)
    if mine is not None:
        return "finished" if mine.finished_at else "begun"
    is_free = study.eligibility == Eligibility.INCLUDED and len(places_taken(study)) < EXTRACTORS
    return "free" if is_free else ""


def reports_of(study: Study) -> list[Report]:
    return list(Report.objects.filter(counts(), study_report__study=study).order_by("year", "id"))


def reports_to_link(study: Study) -> list[Report]:
    """Reports of the review that full-text screening reached and that tell of another study or of none."""
    reached = ScreeningState.objects.filter(
        review_id=study.review_id, stage__name=StageName.FULL_TEXT
    ).exclude(Q(state=ScreeningOutcome.ABSORBED) | Q(retrieval=RetrievalState.NOT_RETRIEVED))
    return list(
        Report.objects.filter(pk__in=reached.values("report_id"), canonical__isnull=True)
        .exclude(study_report__study=study)
        .order_by("title")
    )


def _history(study: Study) -> list[Happening]:
    found = [
        Happening(fact.recorded_at, f"{fact.get_verdict_display()}{_because(fact)}", fact.by)
        for fact in StudyEligibility.objects.filter(study=study).select_related("reason", "by")
    ]
    found += [
        Happening(link.recorded_at, f"{link.get_kind_display()}: {link.report.title}", link.by)
        for link in StudyLink.objects.filter(study=study).select_related("report", "by")
    ]
    agreed: dict[tuple[int, str], list[AgreedValue]] = defaultdict(list)
    values = AgreedValue.objects.filter(study=study).select_related(
        "by", "datum__outcome", "datum__arm", "field"
    )
    for value in values:
        agreed[value.seq, _what(value)].append(value)
    found += [
        Happening(values[0].recorded_at, _sentence(what, values), values[0].by)
        for (_, what), values in agreed.items()
    ]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _because(fact: StudyEligibility) -> str:
    why = _why(fact)
    return f" ({why})" if why else ""


def _what(value: AgreedValue) -> str:
    if value.datum:
        return f"{value.datum.outcome.name}, {value.datum.arm.label}"
    return value.field.label if value.field else ""


def _sentence(what: str, values: list[AgreedValue]) -> str:
    first = values[0]
    said = _said(values) or first.get_reported_display()
    note = f" ({first.note})" if first.note else ""
    return f"{what}: {said}. {first.get_basis_display()}{note}"


def _said(values: list[AgreedValue]) -> str:
    """The numbers as they are read elsewhere: "9/25", "1.2 (0.4), n = 30"."""
    used = {value.quantity: value.as_used for value in values if value.as_used}
    if {"events", "total"} <= used.keys():
        return f"{used['events']}/{used['total']}"
    if {"mean", "sd", "n"} <= used.keys():
        return f"{used['mean']} ({used['sd']}), n = {used['n']}"
    return ", ".join(used.values())


# -- The source beside the form -----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Source:
    """One report to read from, with its files."""

    report: Report
    files: tuple[Attachment, ...]

    @property
    def sections(self) -> list[Section]:
        """The abstract in its parts, as at screening."""
        return sections(self.report.abstract)


def sources_of(study: Study) -> list[Source]:
    files: dict[int, list[Attachment]] = defaultdict(list)
    for attachment in Attachment.objects.filter(report__study_report__study=study).order_by("-added_at"):
        files[attachment.report_id].append(attachment)
    return [Source(report, tuple(files[report.pk])) for report in reports_of(study)]
