"""Whatever is voted, merged, split, withdrawn and settled, in any order: states say what the facts say."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from reviews.errors import DomainError
from reviews.models import Report, Review, Role, User
from reviews.services import outbox, protocols
from screening import merged, rules
from screening.models import Adjudication, Decision, ScreeningState
from screening.reading import settlement_of, vote_of
from screening.services import adjudications, decisions, rebuilding, stages
from tests import factories
from tests.screening.support import TA, assert_projections_hold, merge, split

_PEOPLE, _REPORTS = 4, 3
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
)


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
        reports = factories.reports(review, _REPORTS, titles)
        outbox.relay()
        return review, people, reports

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(_act, max_size=14))
    def test_states_follow_from_facts_after_every_history(self, acts: list[tuple]) -> None:  # type: ignore[type-arg]  # acts differ in length
        review, people, reports = self._begin()
        for act in acts:
            self._play(act, people, reports)
            assert_projections_hold(review)
            self._assert_as_told(review)
        votes = Decision.objects.count()
        before = self._states()
        for report in reports:
            report.refresh_from_db()
            if report.canonical is not None:
                split(report.canonical, report)
        assert Decision.objects.count() == votes
        assert_projections_hold(review)
        rebuilding.rebuild(review)
        assert_projections_hold(review)
        if not any(act[0] == "merge" for act in acts):
            assert self._states() == before

    def _assert_as_told(self, review: Review) -> None:
        """The same answer by the slowest way: every row of the facts, one report at a time."""
        stage = stages.stage_of(review, TA)
        replaced = set(Decision.objects.values_list("supersedes", flat=True))
        settled_anew = set(Adjudication.objects.values_list("supersedes", flat=True))
        for report in Report.objects.filter(review=review):
            state = ScreeningState.objects.get(report=report, stage=stage)
            if report.canonical_id is not None:
                assert state.state == "absorbed"
                continue
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
            if name == "merge":
                self._merge(reports[rest[0]], reports[rest[1]])
            elif name == "split":
                report = Report.objects.get(pk=reports[rest[0]].pk)
                if report.canonical is not None:
                    split(report.canonical, report)
            else:
                self._person_acts(
                    name, people[rest[0]], Report.objects.get(pk=reports[rest[1]].pk), *rest[2:]
                )
        except DomainError:
            return  # a refusal is one of the things that a history may hold; it changes nothing

    def _merge(self, kept: Report, absorbed: Report) -> None:
        kept.refresh_from_db()
        absorbed.refresh_from_db()
        if kept != absorbed and kept.canonical is None and absorbed.canonical is None:
            merge(kept, absorbed)

    def _person_acts(self, name: str, person: User, report: Report, *verdict: str) -> None:
        if name == "vote":
            decisions.submit(by=person, report=report, stage=TA, verdict=verdict[0])
        elif name == "change":
            decisions.change(by=person, report=report, stage=TA, verdict=verdict[0])
        elif name == "withdraw":
            decisions.withdraw(by=person, report=report, stage=TA)
        else:
            adjudications.settle(by=person, report=report, stage=TA, verdict=verdict[0])
