"""The demonstration reviews: played through the services, interrupted, played again."""

from collections import Counter
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command

from analysis.demo import cart, cart_protocol, underway, upkeep
from analysis.demo.stage import Stage
from analysis.models import AgreedValue, Consensus, Eligibility, Reported, Spec, Study, Version
from analysis.selectors.flow import flow
from analysis.services import runs
from analysis.services.eligibility import set_eligibility
from reviews.models import (
    BulkMerge,
    MergeEvent,
    NoticeKind,
    Record,
    RecordNotice,
    ReportRelation,
    Review,
    RunUndo,
)
from reviews.prisma import identities
from reviews.selectors.duplicates import open_pairs
from reviews.services import outbox
from screening.models import ScreeningOutcome, ScreeningState, StageName

_PRINTED = {
    "Complete response, unspecified ALL": "81 % [69; 89], I2 0",
    "CRS of any grade, CD19/CD22": "83 % [65; 93], I2 0",
    "ICANS, CD19/CD22": "7 % [1; 37], I2 0",
    "ICANS, unspecified ALL": "16 % [1; 88], I2 91",
}
_ANNOUNCED = [
    f"{name}: {numbers} (printed: {numbers}); by DerSimonian-Laird: {numbers}"
    for name, numbers in _PRINTED.items()
]


class Interrupted(Exception):
    """As if the process had been killed."""


def _build() -> str:
    out = StringIO()
    call_command("build_demo", drain=True, stdout=out)
    return out.getvalue()


def _build_with_interruptions(monkeypatch: pytest.MonkeyPatch) -> str:
    """Stop before the first wait, then at the second, and so on, each time in a run of its own."""
    settle = Stage.settle
    for after in (1, 2, 4, 8):
        left = after

        def settle_or_stop(stage: Stage, review: Review) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Interrupted
            settle(stage, review)

        monkeypatch.setattr(Stage, "settle", settle_or_stop)
        with pytest.raises(Interrupted):
            _build()
    monkeypatch.setattr(Stage, "settle", settle)
    return _build()


def _row_counts() -> dict[str, int]:
    apart = {"sessions.session", "contenttypes.contenttype"}
    return {
        model._meta.label_lower: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.label_lower not in apart
    }


def _check_upkeep(review: Review) -> None:
    """A merge in bulk, an abstract in the study of its article, a retraction to answer, an undone import."""
    bulk = BulkMerge.objects.get(review=review)
    assert MergeEvent.objects.filter(bulk=bulk).count() == 2
    assert open_pairs(review).count() == 1
    relation = ReportRelation.objects.get(review=review)
    study = Study.objects.get(study_reports__report=relation.first)
    assert study.study_reports.filter(report=relation.second).exists()
    notice = RecordNotice.objects.get(review=review)
    assert (notice.kind, notice.record.external_id) == (NoticeKind.RETRACTED, "INV-4")
    assert Study.objects.filter(
        study_reports__report__filed__record=notice.record, eligibility=Eligibility.INCLUDED
    ).exists()
    undone = RunUndo.objects.get(run__review=review)
    assert undone.run.file_name == upkeep.WRONG_EXPORT
    assert not Record.objects.filter(run=undone.run, seq__isnull=False).exists()


def test_the_demonstration_survives_interruptions_reproduces_the_paper_and_is_left_to_its_readers(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = _build_with_interruptions(monkeypatch)

    for line in _ANNOUNCED:
        assert line in out
    review = Review.objects.get(title=cart_protocol.TITLE)
    assert Record.objects.filter(review=review).count() == 25
    assert MergeEvent.objects.filter(review=review, by=None).count() == 2
    assert Counter(Study.objects.filter(review=review).values_list("eligibility", flat=True)) == {
        Eligibility.INCLUDED: 18,
        Eligibility.AWAITING: 1,
    }
    events = AgreedValue.objects.filter(
        study__review=review, quantity="events", reported=Reported.REPORTED, superseded_by=None
    )
    assert events.count() == 33
    assert Spec.objects.get(review=review, is_headline=True).name == cart.HEADLINE
    assert Consensus.objects.count() == 13
    assert Version.objects.count() == 2
    assert identities(flow(review)) == []
    under_way = Review.objects.get(title=underway.TITLE)
    open_states = ScreeningState.objects.filter(review=under_way, stage__name=StageName.TITLE_ABSTRACT)
    assert open_states.filter(state=ScreeningOutcome.OPEN).count() == 16
    assert open_states.filter(state=ScreeningOutcome.CONFLICT).count() == 2
    assert identities(flow(under_way)) == []
    _check_upkeep(under_way)

    before = _row_counts()
    assert _ANNOUNCED[0] in _build()
    assert _row_counts() == before

    for study in Study.objects.filter(review=review, eligibility=Eligibility.INCLUDED):
        set_eligibility(by=review.created_by, study=study, verdict=Eligibility.EXCLUDED, note="Tried out")
    outbox.relay()
    runs.recompute_stale()
    before = _row_counts()
    out = _build()
    assert "stands already" in out
    assert "Complete response, unspecified ALL: no pool now" in out
    assert _row_counts() == before
