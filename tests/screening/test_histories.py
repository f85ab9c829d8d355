"""Whatever is voted, merged, split, withdrawn and settled, in any order: states say what the facts say."""

from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from reviews.errors import DomainError
from reviews.models import (
    BulkMerge,
    DuplicateSuggestion,
    MergeEvent,
    MergeKind,
    Report,
    Review,
    Role,
    User,
)
from reviews.services import bulk_merging, duplicates, outbox, protocols
from screening import merged, rules
from screening.models import Adjudication, Decision, ScreeningState
from screening.reading import settlement_of, vote_of
from screening.services import adjudications, decisions, rebuilding, stages
from tests import factories
from tests.screening.support import TA, assert_projections_hold

_PEOPLE, _REPORTS = 4, 4
_person = st.integers(0, _PEOPLE - 1)
_report = st.integers(0, _REPORTS - 1)
_verdict = st.sampled_from(["include", "maybe", "exclude"])
_act = st.one_of(
    st.tuples(st.just("vote"), _person, _report, _verdict),
    st.tuples(st.just("change"), _person, _report, _verdict),
    st.tuples(st.just("withdraw"), _person, _report),
    st.tuples(st.just("settle"), _person, _report, _verdict),
    st.tuples(st.just("merge"), _report, _report),
    st.tuples(st.just("split"), _report),
    st.tuples(st.just("ask"), _report, _report),
    st.tuples(st.just("bulk")),
    st.tuples(st.just("undo bulk")),
    st.tuples(st.just("find again"), _report),
)
_OF_THE_REVIEW = {"merge", "split", "ask", "bulk", "undo bulk", "find again"}


class Histories(TestCase):
    """Hypothesis rolls each example back, which pytest fixtures cannot do."""

    def _begin(self) -> tuple[Review, list[User], list[Report]]:
        lead = factories.user()
        review = factories.review(lead)
        people = [factories.user() for _ in range(_PEOPLE)]
        for person in people:
            factories.member(review, person, Role.REVIEWER)
        factories.fill_protocol(review)
        protocols.start_screening(by=lead, review=review)
        titles = ["Alpha of the first kind", "A quite different trial", "Zebrafish and their uses"]
        titles.append("Beta blockers in the elderly patient")
        reports = [
            factories.report(
                review, title, volume="26", pages=f"{number}01-{number}09", doi=f"10.1000/{number}"
            )
            for number, title in enumerate(titles, 1)
        ]
        outbox.relay()
        return review, people, reports

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(_act, max_size=14))
    def test_states_follow_from_facts_after_every_history(self, acts: list[tuple]) -> None:  # type: ignore[type-arg]  # acts differ in length
        review, people, reports = self._begin()
        for act in acts:
            self._play(act, people, reports)
            assert_projections_hold(review)
            self._assert_as_told(review)
        votes = Decision.objects.count()
        before = self._states()
        while (standing := self._standing_merges(review)).exists():
            duplicates.take_back(by=review.created_by, event=standing.latest("seq"))
        outbox.relay()
        assert not Report.objects.filter(review=review, canonical__isnull=False).exists()
        assert Decision.objects.count() == votes
        assert_projections_hold(review)
        rebuilding.rebuild(review)
        assert_projections_hold(review)
        if not MergeEvent.objects.filter(review=review).exists():
            assert self._states() == before

    def _assert_as_told(self, review: Review) -> None:
        """The same answer by the slowest way: every row of the facts, one report at a time."""
        stage = stages.stage_of(review, TA)
        replaced = set(Decision.objects.values_list("supersedes", flat=True))
        settled_anew = set(Adjudication.objects.values_list("supersedes", flat=True))
        for report in Report.objects.filter(review=review):
            if report.canonical_id is not None:
                # What a rule merged before anybody saw it never came to screening.
                assert not ScreeningState.objects.filter(report=report).exclude(state="absorbed").exists()
                continue
            state = ScreeningState.objects.get(report=report, stage=stage)
            own = [one.pk for one in Report.objects.all() if merged.canonical_of(one) == report]
            votes = [
                vote_of(one)
                for one in Decision.objects.filter(report_id__in=own).exclude(verdict="withdrawn")
                if one.pk not in replaced
            ]
            heads = [
                settlement_of(one)
                for one in Adjudication.objects.filter(report_id__in=own)
                if one.pk not in settled_anew
            ]
            told = rules.outcome(
                votes, votes_required=2, stage=rules.StageKind.TITLE_ABSTRACT, settlements=heads
            )
            assert (state.state, state.votes) == (told.state.value, len(told.voters))

    def _states(self) -> list[tuple[int, int, str]]:
        return list(ScreeningState.objects.order_by("pk").values_list("report_id", "stage_id", "state"))

    def _play(self, act: tuple, people: list[User], reports: list[Report]) -> None:  # type: ignore[type-arg]  # as above
        name, *rest = act
        try:
            if name in _OF_THE_REVIEW:
                getattr(self, f"_{name.replace(' ', '_')}")(reports, *rest)
            else:
                self._person_acts(
                    name, people[rest[0]], Report.objects.get(pk=reports[rest[1]].pk), *rest[2:]
                )
        except DomainError:
            return  # a refusal is one of the things that a history may hold; it changes nothing
        outbox.relay()

    def _standing_merges(self, review: Review) -> QuerySet[MergeEvent]:
        return MergeEvent.objects.filter(review=review, kind=MergeKind.MERGE, undone_by__isnull=True)

    def _merge(self, reports: list[Report], kept: int, absorbed: int) -> None:
        duplicates.merge(by=None, kept=reports[kept], absorbed=reports[absorbed], rule="test")

    def _split(self, reports: list[Report], which: int) -> None:
        review = reports[which].review
        told = self._standing_merges(review).filter(absorbed=reports[which]).order_by("seq").last()
        if told is not None:
            duplicates.take_back(by=review.created_by, event=told)

    def _ask(self, reports: list[Report], one: int, other: int) -> None:
        if one < other:
            DuplicateSuggestion.objects.get_or_create(
                first=reports[one],
                second=reports[other],
                defaults={"review": reports[one].review, "rule": "alike", "score": 0.9},
            )

    def _bulk(self, reports: list[Report]) -> None:
        review = reports[0].review
        bulk_merging.accept(by=review.created_by, review=review, threshold=0.8)

    def _undo_bulk(self, reports: list[Report]) -> None:
        acts = BulkMerge.objects.filter(review=reports[0].review, undoes=None).order_by("-seq")
        if (last := acts.first()) is not None:
            bulk_merging.undo(by=last.by, bulk=last)

    def _find_again(self, reports: list[Report], which: int) -> None:
        """Another source brings the same publication: a rule merges it when the outbox runs."""
        found = reports[which]
        values = {
            name: getattr(found, name) for name in ("authors", "year", "journal", "volume", "pages", "doi")
        }
        factories.report(found.review, found.title, **values)

    def _person_acts(self, name: str, person: User, report: Report, *verdict: str) -> None:
        if name == "vote":
            decisions.submit(by=person, report=report, stage=TA, verdict=verdict[0])
        elif name == "change":
            decisions.change(by=person, report=report, stage=TA, verdict=verdict[0])
        elif name == "withdraw":
            decisions.withdraw(by=person, report=report, stage=TA)
        else:
            adjudications.settle(by=person, report=report, stage=TA, verdict=verdict[0])
