"""What waits for one person in a review: one statement for the counts, one for the size of the team."""

from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from analysis.models import (
    AgreedValue,
    Appraisal,
    AppraisedResult,
    Consensus,
    Datum,
    DatumStatus,
    Eligibility,
    Extraction,
    Judgement,
    Run,
    Study,
    Version,
)
from analysis.selectors import notices
from analysis.selectors.appraisals import OVERALL
from analysis.selectors.extraction import EXTRACTORS
from reviews.access import Member, Right, members_with
from reviews.models import DuplicateSuggestion, Review, RunState, SearchRun, SuggestionState
from screening.services import waiting as screening_waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Numbers of things that wait for this person; zero where the right is missing."""

    protocol: int = 0
    notices: int = 0
    duplicates: int = 0
    imports: int = 0
    first_import: int = 0  # the key of the run that has waited longest
    votes: int = 0
    full_texts: int = 0
    conflicts: int = 0
    text_conflicts: int = 0
    retrieval: int = 0
    extractions: int = 0
    agreements: int = 0
    appraisals: int = 0
    consensuses: int = 0
    publication: int = 0

    @property
    def searches(self) -> int:
        return self.duplicates + self.imports

    @property
    def tabs(self) -> dict[str, int]:
        """For the review bar. Texts to find wait for the team, not for one person: they are left out."""
        return {
            "protocol": self.protocol,
            "search": self.searches,
            "screen": self.votes + self.full_texts + self.conflicts + self.text_conflicts,
            "extract": self.extractions + self.agreements,
            "appraise": self.appraisals + self.consensuses,
            "report": self.publication,
        }


def waiting_of(member: Member) -> Waiting:
    """Everything that waits for this person in the review."""
    review = member.review
    if review.screening_started_at is None:
        counts: dict[str, Any] = {"protocol": int(member.may(Right.MANAGE))}
        wanted = _searching(member)
    else:
        counts = {}
        wanted = {
            **_searching(member),
            **screening_waiting.counts(member),
            **_extraction(member),
            **_publication(member),
        }
    if wanted:
        row = Review.objects.filter(pk=review.pk).values(**wanted).get()
        counts |= row
    return Waiting(**{field.name: counts.get(field.name, 0) for field in fields(Waiting)})


def waiting_for(member: Member) -> dict[str, int]:
    """Tab of the review bar -> number of things that wait there for this person."""
    return waiting_of(member).tabs


def searches_for(member: Member) -> int:
    """The number of the search tab alone: the rest is too much to count after each decision on a pair."""
    wanted = _searching(member)
    return (
        Waiting(**Review.objects.filter(pk=member.review.pk).values(**wanted).get()).searches if wanted else 0
    )


def _number(rows: QuerySet[Any], by: str = "review_id") -> Coalesce:
    counted = rows.order_by().values(of=F(by)).annotate(n=Count("pk", distinct=True)).values("n")
    return Coalesce(Subquery(counted), 0)


def _searching(member: Member) -> dict[str, Any]:
    """Pairs to compare, and files that were looked through: nothing of them comes in before a yes."""
    if not member.may(Right.SEARCH):
        return {}
    pairs = DuplicateSuggestion.objects.filter(review=OuterRef("pk"), state=SuggestionState.OPEN)
    files = SearchRun.objects.filter(review=OuterRef("pk"), state=RunState.READY)
    first = files.order_by("pk").values("pk")[:1]
    return {
        "duplicates": _number(pairs),
        "imports": _number(files),
        "first_import": Coalesce(Subquery(first), 0),
    }


def _extraction(member: Member) -> dict[str, Any]:
    if not member.may(Right.EXTRACT):
        return {}
    able = members_with(member.review, Right.EXTRACT)
    needed = min(EXTRACTORS, max(1, len(able)))
    studies = Study.objects.filter(review=OuterRef("pk"), eligibility=Eligibility.INCLUDED)
    extractions = Extraction.objects.filter(study=OuterRef("pk"))
    mine = extractions.filter(person=member.user.pk)
    # Whoever left it unfinished, and may not extract any more, is not waited for.
    counted = Q(finished_at__isnull=False) | Q(person__in=able)
    begun = _of(extractions.filter(counted), "study_id")
    finished = _of(extractions.filter(finished_at__isnull=False), "study_id")
    open_data = Exists(Datum.objects.filter(study=OuterRef("pk"), status=DatumStatus.NOT_EXTRACTED))
    no_agreement = ~Exists(AgreedValue.objects.filter(study=OuterRef("pk")))
    studies = studies.annotate(begun=begun, finished=finished)
    to_read = Exists(mine.filter(finished_at__isnull=True)) | Q(~Exists(mine), begun__lt=needed)
    both_done = studies.filter(finished__gte=needed, finished=F("begun"))
    return {
        "notices": notices.waiting(),
        "extractions": _number(studies.filter(to_read)),
        "agreements": _number(both_done.filter(open_data | no_agreement)),
        **_appraisal(member, able=able, needed=needed),
    }


def _appraisal(member: Member, *, able: list[int], needed: int) -> dict[str, Any]:
    """Results begun by somebody and not agreed on; what nobody has begun stands on the tab itself."""
    units = AppraisedResult.objects.filter(
        ~Exists(Consensus.objects.filter(unit=OuterRef("pk"))),
        study__review=OuterRef("pk"),
        study__eligibility=Eligibility.INCLUDED,
    )
    appraisals = Appraisal.objects.filter(unit=OuterRef("pk"))
    submitted = Exists(Judgement.objects.filter(appraisal=OuterRef("pk"), domain=OVERALL))
    mine = appraisals.filter(person=member.user.pk)
    units = units.annotate(
        begun=_of(appraisals.filter(submitted | Q(person__in=able)), "unit_id"),
        done=_of(appraisals.filter(submitted), "unit_id"),
    )
    to_do = Exists(mine.filter(~submitted)) | Q(~Exists(mine), begun__lt=needed)
    return {
        "appraisals": _number(units.filter(to_do), "study__review_id"),
        "consensuses": _number(units.filter(done__gte=needed, done=F("begun")), "study__review_id"),
    }


def _of(rows: QuerySet[Model], by: str) -> Coalesce:
    counted = rows.order_by().values(of=F(by)).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _publication(member: Member) -> dict[str, Any]:
    """One where a run came after the last published version."""
    if not member.may(Right.MANAGE):
        return {}
    newest = Version.objects.filter(review=OuterRef("spec__review")).order_by("-pk").values("seq")[:1]
    news = (
        Run.objects.filter(spec__review=OuterRef("pk"), spec__retired_at__isnull=True)
        .annotate(published=Coalesce(Subquery(newest), 0))
        .filter(seq__gt=F("published"))
    )
    first = news.order_by().values(of=F("spec__review_id")).annotate(n=Count("spec_id", distinct=True))
    return {"publication": Coalesce(Subquery(first.values("n")), 0)}
