"""What screening does when it is told of a change. Each may run twice, and works in batches.

A handler runs in one transaction, so a long job does one batch and tells itself of the rest: a large import
must not hold up a vote for longer than one batch.
"""

from reviews import events
from reviews.models import Amendment, FeedEntry, SearchRun
from screening.models import Stage
from screening.services import opening, stages


def open_items(*, review_id: int, **_: int) -> None:
    """Open the reports of complete runs at title/abstract, once screening has started."""
    if opening.open_batch(review_id):
        events.emit("screening.items_waiting", review_id=review_id)


def reports_changed(*, review_id: int, kept: int, absorbed: int) -> None:
    """Two reports were merged, or one was split off: recompute both; a split may bring one in."""
    opening.follow_merge(review_id, [kept, absorbed])


def run_moved(*, review_id: int, run: int, after: int = 0, **_: int) -> None:
    """A run was undone or restored: its reports leave their stages or come back, with the votes on them."""
    moved = SearchRun.objects.defer("checkpoint").get(pk=run, review_id=review_id)
    last = opening.follow_run(review_id=review_id, run=moved, after=after)
    if last is not None:
        events.emit("screening.run_moved", review_id=review_id, run=run, after=last)


def rule_changed(*, review_id: int, stage: int, after: int) -> None:
    """The number of votes changed: recompute the next states of the stage."""
    last = stages.recompute_batch(
        review_id=review_id, stage=Stage.objects.select_related("review").get(pk=stage), after=after
    )
    if last is not None:
        events.emit("screening.rule_changed", review_id=review_id, stage=stage, after=last)


def protocol_amended(*, review_id: int, version: int) -> None:
    """Note in the feed which stages the amendment puts in question; what to screen again, people decide."""
    amendment = Amendment.objects.filter(after_id=version).first()
    if amendment is None or not amendment.screen_again:
        return
    FeedEntry.objects.get_or_create(
        review_id=review_id,
        key=f"screen_again:{version}",
        defaults={
            "kind": "screen_again",
            "actor_id": amendment.by_id,
            "params": {"stages": amendment.screen_again, "amendment": amendment.pk},
        },
    )
