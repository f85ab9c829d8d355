"""What the included studies say of one outcome, as agreed now: the only source of the bridge."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.models import (
    AgreedValue,
    Arm,
    ArmRole,
    Datum,
    DatumStatus,
    Design,
    Eligibility,
    Reported,
    Study,
)
from reviews.models import Outcome, OutcomeType

AMBIGUOUS = "ambiguous"  # agreed under two keys (populations, time points): a question to a person

QUANTITIES: dict[str, tuple[str, ...]] = {
    OutcomeType.BINARY: ("events", "total"),
    OutcomeType.CONTINUOUS: ("mean", "sd", "n"),
}

_TWO_ARMS = frozenset({ArmRole.EXPERIMENTAL.value, ArmRole.COMPARATOR.value})
TWO_ARM_DESIGNS = frozenset(
    {Design.PARALLEL_RCT, Design.CLUSTER_RCT, Design.CROSSOVER_RCT, Design.NON_RANDOMISED}
)

# Of several arms' states the one that decides for the study: what is missing outranks what is agreed.
_WORST_FIRST = (
    DatumStatus.NOT_EXTRACTED,
    DatumStatus.UNUSABLE,
    DatumStatus.NOT_REPORTED,
    DatumStatus.AGREED,
)


@dataclass(frozen=True, slots=True)
class ArmDatum:
    """One arm's agreed numbers; what its outcome's type does not have stays None."""

    arm_id: int
    label: str
    role: str
    status: str
    events: int | None = None
    total: int | None = None
    mean: float | None = None
    sd: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class StudyDatum:
    """One included study's word on one outcome. Only `status` "agreed" contributes to a pool.

    `status`: "agreed", "not_extracted", "not_reported", "unusable" or "ambiguous"; `reason` says why a
    reported result cannot be used. `arms`: experimental before comparator, or the single one. `fields`: the
    agreed characteristics by key; a key is absent where none is agreed or the report does not tell.
    """

    study_id: int
    label: str
    status: str
    reason: str
    design: str
    arms: tuple[ArmDatum, ...]
    fields: dict[str, str] = field(default_factory=dict)
    population: str = ""
    timepoint: str = ""
    definition: str = ""

    @property
    def contributes(self) -> bool:
        return self.status == DatumStatus.AGREED


def active_arms(design: str, arms: Iterable[Arm]) -> list[Arm]:
    """The arms that count under this design; the others keep their values and wait."""
    arms = list(arms)
    roles = {arm.role for arm in arms}
    if design in TWO_ARM_DESIGNS or (design == Design.UNCLEAR and roles >= _TWO_ARMS):
        pair = [arm for arm in arms if arm.role in _TWO_ARMS]
        return sorted(pair, key=lambda arm: (arm.role != ArmRole.EXPERIMENTAL, arm.position, arm.pk))
    return [arm for arm in arms if arm.role == ArmRole.SINGLE]


def outcome_data(outcome_id: int) -> list[StudyDatum]:
    """One entry for each included study of the outcome's review, in six queries whatever their number."""
    return _read(outcome_id, every_candidate=False)


def outcome_candidates(outcome_id: int) -> list[StudyDatum]:
    """As `outcome_data`, but a study that is ambiguous has one "agreed" entry for each of its results."""
    return _read(outcome_id, every_candidate=True)


def _read(outcome_id: int, *, every_candidate: bool) -> list[StudyDatum]:
    outcome = Outcome.objects.select_related("protocol").get(pk=outcome_id)
    studies = list(
        Study.objects.filter(review_id=outcome.protocol.review_id, eligibility=Eligibility.INCLUDED).order_by(
            "label", "id"
        )
    )
    ids = [study.pk for study in studies]
    arms: dict[int, list[Arm]] = defaultdict(list)
    for arm in Arm.objects.filter(study_id__in=ids):
        arms[arm.study_id].append(arm)
    data: dict[int, list[Datum]] = defaultdict(list)
    for datum in (
        Datum.objects.filter(outcome=outcome, study_id__in=ids)
        .select_related("timepoint", "population")
        .order_by("id")
    ):
        data[datum.study_id].append(datum)
    values = _agreed_values(datum.pk for of_study in data.values() for datum in of_study)
    fields = agreed_fields(ids)
    return [
        datum
        for study in studies
        for datum in _study_data(
            study=study,
            arms=active_arms(study.design, arms[study.pk]),
            data=data[study.pk],
            values=values,
            fields=fields.get(study.pk, {}),
            every_candidate=every_candidate,
        )
    ]


def contributing(outcome_id: int) -> list[StudyDatum]:
    """The studies whose agreed data can be pooled."""
    return [datum for datum in outcome_data(outcome_id) if datum.contributes]


def agreed_fields(study_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Agreed characteristics by study and key; what no report tells is left out."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    heads = AgreedValue.objects.filter(
        study_id__in=list(study_ids),
        field__isnull=False,
        superseded_by__isnull=True,
        reported=Reported.REPORTED,
    ).values_list("study_id", "field__key", "as_used")
    for study_id, key, used in heads:
        if used:
            found[study_id][key] = used
    return dict(found)


def _agreed_values(datum_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    heads = AgreedValue.objects.filter(
        datum_id__in=list(datum_ids), superseded_by__isnull=True, reported=Reported.REPORTED
    ).values_list("datum_id", "quantity", "as_used")
    for datum_id, quantity, used in heads:
        found[datum_id][quantity] = used
    return found


def _study_data(
    *,
    study: Study,
    arms: list[Arm],
    data: list[Datum],
    values: dict[int, dict[str, str]],
    fields: dict[str, str],
    every_candidate: bool,
) -> list[StudyDatum]:
    by_key: dict[tuple[int, int, str], dict[int, Datum]] = defaultdict(dict)
    for datum in data:
        by_key[datum.timepoint_id, datum.population_id, datum.definition][datum.arm_id] = datum
    states = {key: _status([of_arm.get(arm.pk) for arm in arms]) for key, of_arm in by_key.items()}
    agreed = [key for key, state in states.items() if state == DatumStatus.AGREED]
    # Without one agreed key the best informed other stands for the study: it says why nothing is pooled.
    ranked = agreed or sorted(states, key=lambda key: -_WORST_FIRST.index(DatumStatus(states[key])))
    shown: list[tuple[str, dict[int, Datum]]]
    if len(agreed) > 1 and every_candidate:
        shown = [(DatumStatus.AGREED.value, by_key[key]) for key in agreed]
    elif ranked:
        shown = [(AMBIGUOUS if len(agreed) > 1 else states[ranked[0]], by_key[ranked[0]])]
    else:
        shown = [(DatumStatus.NOT_EXTRACTED.value, {})]
    return [
        _study_datum(study=study, status=status, arms=arms, chosen=chosen, values=values, fields=fields)
        for status, chosen in shown
    ]


def _study_datum(
    *,
    study: Study,
    status: str,
    arms: list[Arm],
    chosen: dict[int, Datum],
    values: dict[int, dict[str, str]],
    fields: dict[str, str],
) -> StudyDatum:
    first = next(iter(chosen.values()), None)
    return StudyDatum(
        study_id=study.pk,
        label=study.label,
        status=status,
        reason="; ".join(dict.fromkeys(d.status_reason for d in chosen.values() if d.status_reason)),
        design=study.design,
        arms=tuple(_arm_datum(arm, chosen.get(arm.pk), values) for arm in arms),
        fields=fields,
        population=first.population.kind if first else "",
        timepoint=first.timepoint.label if first else "",
        definition=first.definition if first else "",
    )


def _status(data: list[Datum | None]) -> str:
    states = {datum.status if datum else DatumStatus.NOT_EXTRACTED.value for datum in data}
    return next((state.value for state in _WORST_FIRST if state in states), DatumStatus.NOT_EXTRACTED.value)


def _arm_datum(arm: Arm, datum: Datum | None, values: dict[int, dict[str, str]]) -> ArmDatum:
    if datum is None:
        return ArmDatum(arm.pk, arm.label, arm.role, DatumStatus.NOT_EXTRACTED.value)
    used = values.get(datum.pk, {}) if datum.status == DatumStatus.AGREED else {}
    return ArmDatum(
        arm_id=arm.pk,
        label=arm.label,
        role=arm.role,
        status=datum.status,
        events=_count(used.get("events")),
        total=_count(used.get("total")),
        mean=_number(used.get("mean")),
        sd=_number(used.get("sd")),
        n=_count(used.get("n")),
    )


def _count(text: str | None) -> int | None:
    return int(text) if text else None


def _number(text: str | None) -> float | None:
    return float(text) if text else None
