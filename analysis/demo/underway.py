"""The CAR-T references once more, with the work under way: something waits on every page."""

from collections.abc import Mapping

from analysis.demo import cart_protocol, upkeep
from analysis.demo.extraction_acts import Line, fields_of, read_study
from analysis.demo.screening_acts import read_full_text, vote_pair
from analysis.demo.stage import Stage, reports_by_title, rows
from analysis.models import ArmRole, Design, Spec, Study
from analysis.services import specs, studies
from reviews.models import AdjudicationRule, Outcome, Report, Review
from reviews.services import reviews
from screening.models import StageName, Verdict
from screening.selectors import my_vote_on
from screening.services import decisions
from screening.services.stages import stage_of

TITLE = "CAR-T cells, work under way"
NOTICE = (
    "A demonstration to try things out on. It holds the 25 references that the published review (Wiguna et "
    "al. 2025) prints, and eleven records that are invented and marked so, for duplicates, an abstract of an "
    "article, a retraction and an import that was undone. All votes, readings and conflicts are simulated: "
    "votes are missing, two reports are in conflict, full texts are wanted, one study was read twice with a "
    "difference. Nothing here says anything about the treatment; for that see the finished demonstration "
    "beside it."
)
_PLACE = "Read by the authors of the published review; no file is kept here"
_WHY_MISSING = "The text of the published review does not state it"
# Numbers in the printed list: both include, both exclude, one of each; the rest wait for votes.
_INCLUDED = ("7", "8", "10", "16", "17")
_EXCLUDED = ("3", "4", "9")
_IN_CONFLICT = ("11", "19")
_HALF_VOTED = ("12", "13", "14")
_READ = ("8", "10")
_EXTRACTED = "10"


def play(stage: Stage) -> Review:
    """Every act in turn; what stands already is left alone."""
    review = cart_protocol.begin(stage, title=TITLE)
    if review.notice != NOTICE:
        reviews.change_settings(
            by=stage.lead,
            review=review,
            is_public=False,
            adjudication=AdjudicationRule.THIRD,
            notice=NOTICE,
        )
    source = review.protocol.sources.get(name=cart_protocol.LIST_SOURCE)
    stage.import_file(review, source, "cart_references.ris")
    by_title = reports_by_title(review)
    reports = {row["number"]: by_title[row["title"]] for row in rows("cart_references.csv")}
    _vote(stage, review, reports)
    _read(stage, review, reports[_EXTRACTED])
    upkeep.play(stage, review)
    _plan(stage, review)
    stage.settle(review)
    stage.say("CAR-T under way: votes, conflicts, full texts, a reading and a retraction wait")
    return review


def _vote(stage: Stage, review: Review, reports: Mapping[str, Report]) -> None:
    include, exclude = Verdict.INCLUDE, Verdict.EXCLUDE
    for numbers, verdicts in (
        (_INCLUDED, (include, include)),
        (_EXCLUDED, (exclude, exclude)),
        (_IN_CONFLICT, (include, exclude)),
    ):
        for number in numbers:
            vote_pair(stage, reports[number], StageName.TITLE_ABSTRACT, verdicts)
    first, _ = stage.pair
    here = stage_of(review, StageName.TITLE_ABSTRACT)
    for number in _HALF_VOTED:
        if my_vote_on(first, here, reports[number]) is None:
            decisions.submit(
                by=first, report=reports[number], stage=StageName.TITLE_ABSTRACT, verdict=Verdict.MAYBE
            )
    stage.settle(review)
    for number in _READ:
        read_full_text(stage, reports[number], _PLACE)
        vote_pair(stage, reports[number], StageName.FULL_TEXT, (include, include))
    stage.settle(review)


def _read(stage: Stage, review: Review, report: Report) -> None:
    """Both readers finish one study; on one outcome they differ, and nobody has settled it yet."""
    stage.wait("studies to be made", Study.objects.filter(study_reports__report=report).exists)
    study = Study.objects.select_related("review").get(study_reports__report=report)
    if study.design != Design.SINGLE_ARM:
        studies.set_design(by=stage.lead, study=study, design=Design.SINGLE_ARM)
    fields_of(stage, review, {"country": ("Country", "text", ())})
    outcomes = {outcome.name: outcome for outcome in Outcome.objects.filter(protocol__review=review)}
    arm = study.arms.get(role=ArmRole.SINGLE)
    first: dict[tuple[int, int], Line] = {}
    second: dict[tuple[int, int], Line] = {}
    for row in rows("cart_outcomes.csv"):
        if row["label"] == "Jacoby 2018":
            key = (outcomes[row["outcome"]].pk, arm.pk)
            first[key] = Line(
                {"events": f"{row['percent_as_stated']} %", "total": row["total"]}, place="text"
            )
            second[key] = first[key]
    differing = (outcomes[cart_protocol.COMPLETE_RESPONSE].pk, arm.pk)
    second[differing] = Line({"events": "14", "total": "21"}, place="simulated")
    read_study(
        stage,
        study,
        characteristics={"country": "China"},
        readings=(first, second),
        why_missing=_WHY_MISSING,
    )


def _plan(stage: Stage, review: Review) -> None:
    if not Spec.objects.filter(review=review).exists():
        specs.create(
            by=stage.lead,
            review=review,
            outcome=Outcome.objects.get(protocol__review=review, name=cart_protocol.COMPLETE_RESPONSE),
            name="Complete response",
            is_headline=True,
        )
