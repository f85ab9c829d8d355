"""What happened lately, told in lines. Each may run twice: a line has a key and appears once."""

from typing import Any

from django.db.models import Count

from analysis.models import Eligibility, StudyEligibility, Version
from analysis.selectors import flow_figures, notices
from reviews import events
from reviews.models import Amendment, FeedEntry, RecordNotice, RunUndo, SearchRun


def records_added(*, review_id: int, run: int) -> None:
    """A search or an import is complete."""
    added = SearchRun.objects.select_related("source").get(pk=run)
    params = {"source": added.source.name, "received": added.received, "new": added.new, "run": run}
    _tell(review_id, f"records:{run}", kind="records_added", params=params, actor_id=added.requested_by_id)


def run_moved(*, review_id: int, run: int, undo: int) -> None:
    """A search or an import was undone or restored."""
    fact = RunUndo.objects.select_related("run__source").get(pk=undo, run_id=run)
    params = {"source": fact.run.source.name, "records": fact.records, "reason": fact.reason, "run": run}
    _tell(review_id, f"run-undo:{undo}", kind=f"run_{fact.kind}", params=params, actor_id=fact.by_id)


def record_noticed(*, review_id: int, run: int) -> None:
    """What a run found out about records: one line of numbers, and one for each included study."""
    of_run = SearchRun.objects.select_related("source", "review").get(pk=run)
    found = RecordNotice.objects.filter(run=of_run, review_id=review_id)
    counts = dict(found.order_by().values_list("kind").annotate(n=Count("pk")))
    params = {"source": of_run.source.name, "counts": counts, "run": run}
    _tell(review_id, f"noticed:{run}", kind="records_noticed", params=params, actor_id=None)
    for line in notices.lines_of_run(of_run):
        params = {"study": line.study.pk, "label": line.study.label, "kind": line.notice.kind}
        _tell(review_id, f"notice:{line.notice.pk}", kind="study_noticed", params=params, actor_id=None)


def screening_started(*, review_id: int) -> None:
    """The protocol is frozen."""
    _tell(review_id, "screening", kind="screening_started", params={}, actor_id=None)


def study_moved(*, review_id: int, study: int) -> None:
    """A study came in or went out: told from the fact that says so, which a later one may have overtaken."""
    facts = StudyEligibility.objects.filter(study_id=study, study__review_id=review_id)
    fact = facts.select_related("study", "reason").order_by("-seq", "-pk").first()
    if fact is None:
        return
    kind = "study_included" if fact.verdict == Eligibility.INCLUDED else "study_removed"
    params = {
        "study": study,
        "label": fact.study.label,
        "reason": fact.reason.label if fact.reason else fact.note,
    }
    _tell(review_id, f"study:{fact.pk}", kind=kind, params=params, actor_id=fact.by_id)


def protocol_amended(*, review_id: int, version: int) -> None:
    amendment = Amendment.objects.select_related("after").get(after_id=version)
    params = {"number": amendment.after.number, "reason": amendment.reason}
    _tell(review_id, f"amended:{version}", kind="protocol_amended", params=params, actor_id=amendment.by_id)


def version_published(*, review_id: int, version: int) -> None:
    """Tell the feed, and have the version's flow drawn before anybody asks."""
    published = Version.objects.get(pk=version, review_id=review_id)
    _tell(
        review_id,
        f"version:{version}",
        kind="version_published",
        params={"number": published.number},
        actor_id=published.by_id,
    )
    events.poke(flow_figures.DRAW_VERSION_TASK, version)


def _tell(review_id: int, key: str, *, kind: str, params: dict[str, Any], actor_id: int | None) -> None:
    FeedEntry.objects.get_or_create(
        review_id=review_id, key=key, defaults={"kind": kind, "params": params, "actor_id": actor_id}
    )
