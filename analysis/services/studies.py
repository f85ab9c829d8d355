"""Studies: how reports become them, what they are made of, and how one joins or leaves another."""

from django.db import transaction
from django.db.models import Max

from analysis.models import (
    AnalysisPopulation,
    Arm,
    ArmRole,
    Comparison,
    Design,
    LinkKind,
    MaySharePopulation,
    Overlap,
    Study,
    StudyLink,
    StudyReport,
    Timepoint,
)
from analysis.selectors.data import TWO_ARM_DESIGNS
from analysis.selectors.related import home_of_related
from analysis.services import eligibility
from analysis.services.act import Act
from analysis.services.eligibility import set_eligibility
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.models import ReasonScope, Report, User
from screening.models import ScreeningOutcome, ScreeningState, StageName

__all__ = [
    "ArmTaken",
    "ReportElsewhere",
    "add_arm",
    "follow_merge",
    "include_report",
    "link",
    "move",
    "part",
    "rename",
    "rename_arm",
    "set_design",
    "set_eligibility",
    "share_population",
    "unlink",
]

_DEFAULT_LABELS: dict[str, str] = {
    ArmRole.SINGLE: "All participants",
    ArmRole.EXPERIMENTAL: "Experimental",
    ArmRole.COMPARATOR: "Comparator",
}


class ArmTaken(DomainError):
    code = "arm_taken"
    sentence = "This study already has an arm in that role, “{label}”. Rename it instead."


class ReportElsewhere(DomainError):
    code = "report_elsewhere"
    sentence = "This report does not belong to the study “{label}”."


# -- From reports to studies --------------------------------------------------------------------------
@transaction.atomic
def include_report(*, by: User | None, report: Report) -> Study | None:
    """Make what full-text screening says of the report true of its study; running it again changes nothing.

    A report that is included, or excluded for what its study is, gets a study; the study follows its reports.
    """
    canonical_id = report.canonical_id or report.pk
    locked = Report.objects.select_for_update(no_key=True, of=("self",)).get(pk=canonical_id)
    act = Act(by=by, review_id=locked.review_id)
    study = _study_of(locked)
    if study is None:
        if not _tells_of_a_study(locked):
            return None
        home = _former_home(locked) or home_of_related(locked)
        study = _locked(home) if home else _create(locked, act)
        _write_link(study, locked, LinkKind.LINKED, act)
    else:
        study = _locked(study)
    eligibility.recompute(study, act)
    return study


@transaction.atomic
def follow_merge(*, kept: Report, absorbed: Report) -> None:
    """After reports were merged or split: an absorbed report tells of no study of its own."""
    reports = {
        report.pk: report
        for report in Report.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=[kept.pk, absorbed.pk])
        .order_by("pk")
    }
    moved = {
        report.pk: study
        for report in reports.values()
        if report.canonical_id is not None and (study := _study_of(report)) is not None
    }
    # All locks before the first fact: its number locks the review's counter, which comes last.
    locked = {pk: _locked(study) for pk, study in sorted(moved.items(), key=lambda item: item[1].pk)}
    act = Act(by=None, review_id=kept.review_id)
    for pk, study in locked.items():
        report, canonical = reports[pk], reports[pk].canonical
        assert canonical is not None  # only absorbed reports are moved
        _write_link(study, report, LinkKind.UNLINKED, act)
        if _study_of(canonical) is None:
            _write_link(study, canonical, LinkKind.LINKED, act)
        eligibility.recompute(study, act)
    for pk in dict.fromkeys(report.canonical_id or report.pk for report in reports.values()):
        include_report(by=None, report=Report.objects.get(pk=pk))


def _study_of(report: Report) -> Study | None:
    return Study.objects.filter(study_reports__report=report).first()


def _tells_of_a_study(report: Report) -> bool:
    state = (
        ScreeningState.objects.filter(report=report, stage__name=StageName.FULL_TEXT)
        .select_related("reason")
        .first()
    )
    if state is None:
        return False
    if state.state == ScreeningOutcome.EXCLUDED:
        return state.reason is None or state.reason.scope == ReasonScope.STUDY
    return state.state == ScreeningOutcome.INCLUDED


def _former_home(report: Report) -> Study | None:
    """The study to go back to: the one a merge took the report from, or one that stands empty since."""
    left = StudyLink.objects.filter(report=report, kind=LinkKind.UNLINKED).order_by("-seq", "-id")
    for link in left.select_related("study"):
        if link.by_id is None or not link.study.study_reports.exists():
            return link.study
    return None


def _create(report: Report, act: Act) -> Study:
    study = Study.objects.create(review_id=report.review_id, label=_free_label(report), created_by=act.by)
    Arm.objects.create(study=study, label=_DEFAULT_LABELS[ArmRole.SINGLE], role=ArmRole.SINGLE)
    Timepoint.objects.create(study=study)
    AnalysisPopulation.objects.create(study=study)
    act.audit("study.created", study, new={"report": report.pk})
    return study


def _free_label(report: Report) -> str:
    """First author and year, with a letter where that is taken: "Zhang 2019", "Zhang 2019b"."""
    author = str(report.authors[0]).partition(",")[0].strip() if report.authors else ""
    stem = f"{author or ' '.join(report.title.split()[:4])} {report.year or ''}".strip()[:110]
    taken = set(
        Study.objects.filter(review_id=report.review_id, label__startswith=stem).values_list(
            "label", flat=True
        )
    )
    letters = (chr(code) for code in range(ord("b"), ord("z") + 1))
    candidates = [stem, *(f"{stem}{letter}" for letter in letters), f"{stem} ({report.pk})"]
    return next(label for label in candidates if label not in taken)


# -- Links --------------------------------------------------------------------------------------------
@transaction.atomic
def link(*, by: User, study: Study, report: Report) -> None:
    """Say that the report tells of this study; it leaves the study that it was of. Emits study.changed."""
    require(by, study.review, Right.EXTRACT)
    if report.review_id != study.review_id:
        raise InvalidInput("This report belongs to another review.")
    if report.canonical_id is not None:
        raise InvalidInput("This report was merged into another: link that one.")
    move(by=by, study=study, report=report)


@transaction.atomic
def move(*, by: User, study: Study, report: Report) -> None:
    """The same without a question of rights: for what follows from an act that was allowed."""
    Report.objects.select_for_update(no_key=True, of=("self",)).get(pk=report.pk)
    before = _study_of(report)
    if before == study:
        return
    act = Act(by=by, review_id=study.review_id)
    touched = sorted([study, before] if before else [study], key=lambda each: each.pk)
    locked = [_locked(each) for each in touched]
    if before:
        _write_link(before, report, LinkKind.UNLINKED, act)
    _write_link(study, report, LinkKind.LINKED, act)
    for each in locked:
        eligibility.recompute(each, act)
        act.emit("study.changed", study=each.pk)


@transaction.atomic
def unlink(*, by: User, study: Study, report: Report) -> Study | None:
    """Take the report out of the study; it goes back to where it was, or becomes a study of its own.

    Returns the report's study now. Emits study.changed. Refuses the report of another study.
    """
    require(by, study.review, Right.EXTRACT)
    return part(by=by, study=study, report=report)


@transaction.atomic
def part(*, by: User, study: Study, report: Report) -> Study:
    """The same without a question of rights: for what follows from an act that was allowed."""
    Report.objects.select_for_update(no_key=True, of=("self",)).get(pk=report.pk)
    if _study_of(report) != study:
        raise ReportElsewhere(label=study.label)
    act = Act(by=by, review_id=study.review_id)
    past = _home_before(report, study)
    both = sorted([study, past] if past else [study], key=lambda each: each.pk)
    locked = [_locked(each) for each in both]
    home = past or _create(report, act)
    _write_link(study, report, LinkKind.UNLINKED, act)
    _write_link(home, report, LinkKind.LINKED, act)
    for each in locked if past else [*locked, home]:
        eligibility.recompute(each, act)
        act.emit("study.changed", study=each.pk)
    return home


def _home_before(report: Report, study: Study) -> Study | None:
    left = StudyLink.objects.filter(report=report, kind=LinkKind.UNLINKED).exclude(study=study)
    for past in left.select_related("study").order_by("-seq", "-id"):
        if not past.study.study_reports.exists():
            return past.study
    return None


def _write_link(study: Study, report: Report, kind: LinkKind, act: Act) -> None:
    if kind == LinkKind.LINKED:
        StudyReport.objects.update_or_create(report=report, defaults={"study": study})
    else:
        StudyReport.objects.filter(report=report, study=study).delete()
    StudyLink.objects.create(study=study, report=report, kind=kind, by=act.by, seq=act.seq)
    act.audit(f"study.{kind.value}", study, new={"report": report.pk})


# -- What a study is made of --------------------------------------------------------------------------
@transaction.atomic
def rename(*, by: User, study: Study, label: str) -> Study:
    """Give the study another label. Refuses an empty one and one that another study has."""
    locked = _editable(by, study)
    label = label.strip()
    if not label:
        raise InvalidInput("A study needs a label.")
    if Study.objects.filter(review_id=locked.review_id, label=label).exclude(pk=locked.pk).exists():
        raise InvalidInput("Another study is called “{label}”.", label=label)
    act = Act(by=by, review_id=locked.review_id)
    act.audit("study.renamed", locked, old=locked.label, new=label)
    locked.label = study.label = label
    locked.save(update_fields=["label"])
    act.emit("study.changed", study=locked.pk)
    return locked


@transaction.atomic
def set_design(*, by: User, study: Study, design: str) -> Study:
    """Say how the study was done; two-arm designs get their arms. Emits study.changed.

    Arms that the new design does not use keep their values and count again if the design goes back.
    """
    locked = _editable(by, study)
    if design not in Design.values:
        raise InvalidInput("“{design}” is not a study design.", design=design)
    act = Act(by=by, review_id=locked.review_id)
    act.audit("study.design", locked, old=locked.design, new=design)
    locked.design = study.design = design
    locked.save(update_fields=["design"])
    roles = (ArmRole.EXPERIMENTAL, ArmRole.COMPARATOR) if design in TWO_ARM_DESIGNS else (ArmRole.SINGLE,)
    for role in roles:
        if not locked.arms.filter(role=role).exists():
            _add_arm(locked, label=_free_arm_label(locked, role), role=role)
    _compare_arms(locked)
    act.emit("study.changed", study=locked.pk)
    return locked


@transaction.atomic
def add_arm(*, by: User, study: Study, label: str, role: str) -> Arm:
    """Name the arm in a role. An arm that still has its default label takes the name.

    Emits study.changed. Refuses a second arm in a role: the pool takes one for each role.
    """
    locked = _editable(by, study)
    if role not in ArmRole.values:
        raise InvalidInput("“{role}” is not a role of an arm.", role=role)
    present = locked.arms.filter(role=role).first()
    if present is not None and present.label != _DEFAULT_LABELS[role]:
        raise ArmTaken(label=present.label)
    act = Act(by=by, review_id=locked.review_id)
    if present is None:
        present = _add_arm(locked, label=_checked_arm_label(locked, label), role=role)
    else:
        present.label = _checked_arm_label(locked, label, except_id=present.pk)
        present.save(update_fields=["label"])
    _compare_arms(locked)
    act.audit("study.arm_added", locked, new={"arm": present.pk, "role": role})
    act.emit("study.changed", study=locked.pk)
    return present


@transaction.atomic
def rename_arm(*, by: User, arm: Arm, label: str) -> Arm:
    """Give an arm another label. Emits study.changed. Refuses a label that the study already uses."""
    locked = _editable(by, arm.study)
    act = Act(by=by, review_id=locked.review_id)
    old, arm.label = arm.label, _checked_arm_label(locked, label, except_id=arm.pk)
    arm.save(update_fields=["label"])
    act.audit("study.arm_renamed", locked, old={"arm": arm.pk, "label": old}, new=arm.label)
    act.emit("study.changed", study=locked.pk)
    return arm


@transaction.atomic
def share_population(
    *, by: User, first: Study, second: Study, extent: str, note: str = ""
) -> MaySharePopulation:
    """Say that two studies may count the same people. Emits study.changed for both."""
    require(by, first.review, Right.EXTRACT)
    if first.review_id != second.review_id or first.pk == second.pk:
        raise InvalidInput("Choose another study of this review.")
    if extent not in Overlap.values:
        raise InvalidInput("“{extent}” is not an extent of overlap.", extent=extent)
    lower, upper = sorted((first, second), key=lambda study: study.pk)
    overlap, _ = MaySharePopulation.objects.update_or_create(
        first=lower, second=upper, defaults={"extent": extent, "note": note.strip(), "by": by}
    )
    act = Act(by=by, review_id=first.review_id)
    act.audit("study.may_share_population", overlap, new={"extent": extent})
    for study in (lower, upper):
        act.emit("study.changed", study=study.pk)
    return overlap


def _locked(study: Study) -> Study:
    return Study.objects.select_for_update(no_key=True, of=("self",)).get(pk=study.pk)


def _editable(by: User, study: Study) -> Study:
    locked = _locked(study)
    require(by, locked.review, Right.EXTRACT)
    return locked


def _checked_arm_label(study: Study, label: str, except_id: int | None = None) -> str:
    label = label.strip()
    if not label:
        raise InvalidInput("An arm needs a label.")
    others = study.arms.filter(label=label)
    if except_id is not None:
        others = others.exclude(pk=except_id)
    if others.exists():
        raise InvalidInput("This study already has an arm called “{label}”.", label=label)
    return label


def _free_arm_label(study: Study, role: str) -> str:
    """The usual name of an arm in the role; a person may have given it to another arm."""
    usual = _DEFAULT_LABELS[role]
    taken = set(study.arms.values_list("label", flat=True))
    return next(
        label for label in (usual, *(f"{usual} {n}" for n in range(2, len(taken) + 3))) if label not in taken
    )


def _add_arm(study: Study, *, label: str, role: str) -> Arm:
    last = study.arms.aggregate(last=Max("position"))["last"]
    return Arm.objects.create(study=study, label=label, role=role, position=0 if last is None else last + 1)


def _compare_arms(study: Study) -> None:
    arms = {arm.role: arm for arm in study.arms.all()}
    if ArmRole.EXPERIMENTAL in arms and ArmRole.COMPARATOR in arms:
        Comparison.objects.get_or_create(
            study=study,
            experimental=arms[ArmRole.EXPERIMENTAL],
            comparator=arms[ArmRole.COMPARATOR],
        )
