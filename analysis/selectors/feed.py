"""The feed in sentences: each kind of line has its own; a kind without one is a fault that a test finds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from analysis import wording
from analysis.wording import counted
from reviews.models import FeedEntry, NoticeKind, Review
from reviews.templatetags.perennial import thin

Params = Mapping[str, Any]
SHOWN = 12
_STAGES = {"title_abstract": "title and abstract", "full_text": "full text"}


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One line of "what happened lately", as the component `feed` takes it."""

    text: str
    when: datetime
    icon: str
    url: str


def _run_finished(params: Params) -> str:
    estimate = params["estimate"]
    # The settings that a number's form depends on are the measure and the level, which is not in the line.
    shown = wording.display(estimate["estimate"], {"measure": params["measure"]}) if estimate else "no result"
    return f"{params['name']} was recomputed: {shown}, {params['k']} of {params['included']} included studies"


def _records_added(params: Params) -> str:
    new = counted(params["new"], "new record", "new records")
    return f"{params['source']} brought {new} of {thin(params['received'])}"


def _run_undone(params: Params) -> str:
    left = counted(params["records"], "record", "records")
    reason = f": {params['reason']}" if params["reason"] else ""
    return f"What {params['source']} brought was undone, {left} left the counts{reason}"


def _run_restored(params: Params) -> str:
    back = counted(params["records"], "record", "records")
    return f"What {params['source']} brought was restored, {back} came back"


_NOTICED = {
    NoticeKind.RETRACTED: ("is retracted", "are retracted"),
    NoticeKind.CONCERN: ("is under an expression of concern", "are under an expression of concern"),
    NoticeKind.CORRECTED: ("is corrected", "are corrected"),
    NoticeKind.VANISHED: ("is no longer found", "are no longer found"),
    NoticeKind.WITHDRAWN: ("was taken out of the database", "were taken out of the database"),
    NoticeKind.RETURNED: ("is found again", "are found again"),
}


def _records_noticed(params: Params) -> str:
    said = [
        f"{counted(params['counts'][kind], 'record', 'records')} {words[params['counts'][kind] != 1]}"
        for kind, words in _NOTICED.items()
        if params["counts"].get(kind)
    ]
    return f"{params['source']}: {', '.join(said)}"


def _study_noticed(params: Params) -> str:
    kind = NoticeKind(params["kind"]).label.lower()
    return f"A report of the included study {params['label']}: {kind}"


def _screen_again(params: Params) -> str:
    stages = " and ".join(_STAGES[stage] for stage in params["stages"])
    return f"An amendment puts decisions in question: look again at {stages}"


def _study_removed(params: Params) -> str:
    reason = f": {params['reason']}" if params["reason"] else ""
    return f"{params['label']} was taken out{reason}"


@dataclass(frozen=True, slots=True)
class _Kind:
    sentence: Callable[[Params], str]
    icon: str
    url: Callable[[str, Params], str]


def _page(name: str, *keys: str) -> Callable[[str, Params], str]:
    return lambda slug, params: reverse(name, args=[slug, *(params[key] for key in keys)])


KINDS: Mapping[str, _Kind] = {
    "run_finished": _Kind(_run_finished, "refresh", _page("analysis:analysis", "spec")),
    "records_added": _Kind(_records_added, "database", _page("analysis:flow")),
    "run_undone": _Kind(_run_undone, "arrow-back-up", _page("reviews:run", "run")),
    "run_restored": _Kind(_run_restored, "refresh", _page("reviews:run", "run")),
    "records_noticed": _Kind(_records_noticed, "database", _page("reviews:run", "run")),
    "study_noticed": _Kind(_study_noticed, "alert-triangle", _page("analysis:notices")),
    "screening_started": _Kind(
        lambda _: "Screening started; the protocol is frozen", "flag", _page("reviews:protocol")
    ),
    "screen_again": _Kind(_screen_again, "alert-triangle", _page("reviews:protocol")),
    "study_included": _Kind(
        lambda params: f"{params['label']} was included", "circle-plus", _page("analysis:study", "study")
    ),
    "study_removed": _Kind(_study_removed, "circle-minus", _page("analysis:study", "study")),
    "study_contradiction": _Kind(
        lambda params: f"Reports of {params['label']} were judged differently: a person has to decide",
        "alert-triangle",
        _page("analysis:study", "study"),
    ),
    "related_studies": _Kind(
        lambda params: (
            f"Reports of {params['label']} and {params['other']} were said to tell of one study:"
            " a person has to bring the two together"
        ),
        "alert-triangle",
        _page("analysis:study", "study"),
    ),
    "protocol_amended": _Kind(
        lambda params: f"The protocol was amended (version {params['number']}): {params['reason']}",
        "pencil",
        _page("reviews:protocol"),
    ),
    "version_published": _Kind(
        lambda params: f"Version {params['number']} was published",
        "world",
        _page("analysis:report_version", "number"),
    ),
}


def feed_of(review: Review, *, limit: int = SHOWN) -> list[FeedLine]:
    """The last lines, newest first. KeyError on a kind that has no sentence: a fault, never a gap."""
    entries = FeedEntry.objects.filter(review_id=review.pk).order_by("-pk")[:limit]
    return [line(review, entry) for entry in entries]


def line(review: Review, entry: FeedEntry) -> FeedLine:
    kind = KINDS[entry.kind]
    return FeedLine(
        text=kind.sentence(entry.params),
        when=entry.recorded_at,
        icon=kind.icon,
        url=kind.url(review.slug, entry.params),
    )
