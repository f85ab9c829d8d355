"""Studies with agreed data, as extraction leaves them, told through the outbox as extraction tells it."""

from collections.abc import Sequence

from django.db import transaction

from analysis.models import (
    AgreedValue,
    Agreement,
    AnalysisPopulation,
    AppraisedResult,
    Arm,
    ArmRole,
    Comparison,
    Consensus,
    Datum,
    DatumStatus,
    Design,
    Eligibility,
    FieldKind,
    FormField,
    Run,
    Spec,
    Study,
    Timepoint,
)
from analysis.services import specs
from reviews import events, sequence
from reviews.models import Outcome, Review

Pair = tuple[int, int]


@transaction.atomic
def study(of: Review, label: str, *, roles: Sequence[str] = (ArmRole.SINGLE,)) -> Study:
    design = Design.SINGLE_ARM if len(roles) == 1 else Design.PARALLEL_RCT
    made = Study.objects.create(review=of, label=label, design=design, eligibility=Eligibility.INCLUDED)
    for position, role in enumerate(roles):
        Arm.objects.create(study=made, label=str(role), role=role, position=position)
    Timepoint.objects.create(study=made)
    AnalysisPopulation.objects.create(study=made)
    events.emit("study.included", review_id=of.pk, study=made.pk)
    return made


@transaction.atomic
def agree(of: Study, outcome: Outcome, *arms: Pair) -> None:
    """Agree events and total of each arm, or correct what was agreed."""
    for arm, (happened, total) in zip(of.arms.all(), arms, strict=True):
        datum, _ = Datum.objects.update_or_create(
            study=of,
            outcome=outcome,
            arm=arm,
            timepoint=of.timepoints.get(),
            population=of.populations.get(),
            defaults={"status": DatumStatus.AGREED},
        )
        for quantity, value in (("events", happened), ("total", total)):
            _agree_value(of, str(value), datum=datum, quantity=quantity)
    events.emit("extraction.agreed", review_id=of.review_id, study=of.pk, outcome=outcome.pk)


@transaction.atomic
def characterise(of: Study, field: FormField, value: str) -> None:
    _agree_value(of, value, field=field, quantity="field")
    events.emit("extraction.agreed", review_id=of.review_id, study=of.pk, outcome=0)


def _agree_value(of: Study, value: str, **key: object) -> None:
    before = AgreedValue.objects.filter(study=of, superseded_by__isnull=True, **key).first()
    AgreedValue.objects.create(
        study=of,
        as_reported=value,
        as_used=value,
        basis=Agreement.CORRECTED if before else Agreement.EQUAL,
        supersedes=before,
        by=of.review.created_by,
        seq=sequence.take(of.review_id),
        **key,
    )


@transaction.atomic
def move(of: Study, verdict: str) -> None:
    """Take a study out, or in again."""
    Study.objects.filter(pk=of.pk).update(eligibility=verdict)
    topic = "study.included" if verdict == Eligibility.INCLUDED else "study.removed"
    events.emit(topic, review_id=of.review_id, study=of.pk)


def characteristic(
    of: Review, key: str = "leukaemia", choices: Sequence[str] = ("ALL", "B-ALL")
) -> FormField:
    return FormField.objects.create(
        review=of, key=key, label=key.capitalize(), kind=FieldKind.CHOICE, choices=list(choices)
    )


def spec(of: Review, outcome: Outcome, name: str = "Response", **values: object) -> Spec:
    return specs.create(by=of.created_by, review=of, outcome=outcome, name=name, **values)  # type: ignore[arg-type]


def runs_of(of: Spec) -> list[Run]:
    return list(Run.objects.select_related("result").filter(spec=of).order_by("number"))


@transaction.atomic
def judge(of: Study, outcome: Outcome, **finals: str) -> Consensus:
    """Agreed judgements on one result of a two-arm study; D1="low", ..., overall="high"."""
    experimental, comparator = of.arms.all()
    comparison, _ = Comparison.objects.get_or_create(
        study=of, experimental=experimental, comparator=comparator
    )
    unit = AppraisedResult.objects.create(
        study=of,
        comparison=comparison,
        outcome=outcome,
        timepoint=of.timepoints.get(),
        tool="rob2",
        tool_version="2019-08-22",
    )
    made = Consensus.objects.create(
        unit=unit,
        judgements={
            name: {"proposed": final, "rule": "", "final": final, "justification": ""}
            for name, final in finals.items()
        },
        basis="equal",
        by=of.review.created_by,
        seq=sequence.take(of.review_id),
    )
    events.emit("appraisal.agreed", review_id=of.review_id, unit=unit.pk, study=of.pk, outcome=outcome.pk)
    return made
