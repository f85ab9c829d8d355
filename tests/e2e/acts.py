"""What the tests have done behind the scenes: all through the services, as the people of a review.

Each act takes and returns what JSON can hold. It says what stands; the tests say what should.
"""

import sys
import time
from typing import Any

from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db.models import F, Q

from analysis.demo import bcg, cart_protocol
from analysis.demo.extraction_acts import Line, agree_on_study, read_study
from analysis.demo.screening_acts import read_full_text, vote_pair
from analysis.demo.stage import Stage, password, people, reports_by_title
from analysis.models import Eligibility, Run, Spec, SpecVersion, Study
from analysis.services import specs
from analysis.services.eligibility import set_eligibility
from reviews.models import (
    Connector,
    CriterionKind,
    CriterionSlot,
    Direction,
    Measure,
    Outcome,
    OutcomeType,
    ReasonScope,
    Record,
    Review,
    SearchRun,
    SourceKind,
)
from reviews.services import imports, outbox, protocols, reviews, searches
from screening.models import StageName, Verdict

Trial = tuple[str, str, str]  # label, events, total
_INCLUDE_BOTH = (Verdict.INCLUDE, Verdict.INCLUDE)


def _stage() -> Stage:
    return Stage(say=lambda text: None, people=people())


def _review(slug: str) -> Review:
    return Review.objects.get(slug=slug)


def sign_in_words() -> str:
    """The password of all the people."""
    people()
    return password()


def begin(title: str) -> str:
    """A review with its team and protocol, screening started; returns its slug."""
    stage = _stage()
    lead = stage.lead
    review = reviews.create(by=lead, title=title, question="Does it work?")
    stage.gather(review)
    protocols.add_criterion(
        by=lead, review=review, slot=CriterionSlot.POPULATION, kind=CriterionKind.INCLUDE, text="Adults"
    )
    for label in ("Wrong population", "Wrong design"):
        protocols.add_reason(by=lead, review=review, label=label, scope=ReasonScope.STUDY)
    protocols.add_outcome(
        by=lead,
        review=review,
        name="response",
        type=OutcomeType.BINARY,
        measure=Measure.PLO,
        direction=Direction.HIGHER,
        is_primary=True,
    )
    protocols.add_source(
        by=lead, review=review, name="Library", kind=SourceKind.DATABASE, connector=Connector.FILE
    )
    protocols.start_screening(by=lead, review=review)
    return review.slug


def include_trials(slug: str, trials: list[Trial]) -> None:
    """Import, screen, extract twice and agree, so that each trial is an included study with one result."""
    stage, review = _stage(), _review(slug)
    titles = [f"Trial {label} of the treatment" for label, _, _ in trials]
    _import(stage, review, titles)
    reports = reports_by_title(review)
    for title in titles:
        vote_pair(stage, reports[title], StageName.TITLE_ABSTRACT, _INCLUDE_BOTH)
    stage.settle(review)
    for title in titles:
        read_full_text(stage, reports[title], "On paper")
        vote_pair(stage, reports[title], StageName.FULL_TEXT, _INCLUDE_BOTH)
    stage.settle(review)
    outcome = Outcome.objects.get(protocol__review=review)
    for title, (_, events, total) in zip(titles, trials, strict=True):
        study = Study.objects.select_related("review").get(study_reports__report=reports[title])
        lines = {
            (outcome.pk, arm.pk): Line(entries={"events": events, "total": total}) for arm in study.arms.all()
        }
        read_study(stage, study, characteristics={}, readings=(lines, lines), why_missing="")
        agree_on_study(stage, study)
    stage.settle(review)


def _import(stage: Stage, review: Review, titles: list[str]) -> None:
    ris = "".join(
        f"TY  - JOUR\nAU  - Author{number}, A\nTI  - {title}\nPY  - 2020\nJO  - Journal\nER  - \n\n"
        for number, title in enumerate(titles)
    )
    run = imports.import_file(
        by=stage.lead,
        source=review.protocol.sources.get(),
        name="trials.ris",
        file=ContentFile(ris.encode(), "trials.ris"),
    )
    stage.wait("the import", lambda: type(run).objects.filter(pk=run.pk, finished_at__isnull=False).exists())
    stage.settle(review)


def search_pubmed(slug: str, query: str) -> int:
    """Name PubMed as a source and search it now; returns the run."""
    lead, review = _stage().lead, _review(slug)
    source = protocols.add_source(
        by=lead,
        review=review,
        name="PubMed",
        kind=SourceKind.DATABASE,
        connector=Connector.PUBMED,
        query=query,
        reason="Searched as well",
    )
    return searches.request_run(by=lead, source=source).pk


def run_as_it_stands(run: int) -> dict[str, Any]:
    found = SearchRun.objects.get(pk=run)
    names = ("state", "found", "received", "new", "known", "problems", "error")
    return {name: getattr(found, name) for name in names}


def pmids_of(run: int, is_counted: bool) -> list[str]:
    """One for each record of the run, counted or stored and not yet counted."""
    rows = Record.objects.filter(run=run, seq__isnull=not is_counted).order_by("pk")
    return list(rows.values_list("pmid", flat=True))


def plan(slug: str, names: list[str]) -> list[int]:
    """Analyses of the only outcome; returns their ids."""
    stage, review = _stage(), _review(slug)
    outcome = Outcome.objects.get(protocol__review=review)
    return [
        specs.create(by=stage.lead, review=review, outcome=outcome, name=name, is_headline=not number).pk
        for number, name in enumerate(names)
    ]


def revise(spec: int, tau2_method: str) -> None:
    found = Spec.objects.get(pk=spec)
    specs.revise(by=_stage().lead, spec=found, settings={"tau2_method": tau2_method}, reason="To compare")


def move(slug: str, label: str, verdict: str) -> None:
    """Include or exclude a study."""
    review = _review(slug)
    reason = review.protocol.exclusion_reasons.first() if verdict == Eligibility.EXCLUDED else None
    study = Study.objects.get(review=review, label=label)
    set_eligibility(by=_stage().lead, study=study, verdict=verdict, reason=reason, note="Said by the test")


def labels(slug: str) -> list[str]:
    return list(Study.objects.filter(review__slug=slug).order_by("pk").values_list("label", flat=True))


def is_quiet(slug: str) -> bool:
    """Whether every change has reached its handlers and every analysis is fresh."""
    stale = Spec.objects.filter(review__slug=slug, retired_at__isnull=True, done_rev__lt=F("wanted_rev"))
    return not outbox.is_waiting(_review(slug).pk) and not stale.exists()


def runs(spec: int) -> list[dict[str, Any]]:
    """The runs of an analysis, oldest first: what each shows, and what it is of."""
    return [
        {
            "number": run.number,
            "result": run.result_id,
            "status": run.result.status,
            "settings": run.result.settings["tau2_method"],
            "version": run.result.spec_version.number,
            "studies": sorted(study["label"] for study in run.result.inputs["studies"]),
            "k": run.difference["k"][1],
            "estimate": run.difference["estimate"][1],
            "in": [study["label"] for study in run.difference["studies_in"]],
            "out": [study["label"] for study in run.difference["studies_out"]],
        }
        for run in Run.objects.select_related("result__spec_version").filter(spec=spec).order_by("number")
    ]


def newest_version(spec: int) -> int:
    return SpecVersion.objects.filter(spec=spec).latest("number").number


def catch_computing(slug: str, seconds: float) -> bool:
    """Return at the very moment when a worker holds an analysis; False once all are computed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not is_quiet(slug):
        if held(slug):
            return True
        time.sleep(0.002)
    return False


def held(slug: str) -> list[int]:
    """Analyses that a worker, alive or dead, has taken and not put back."""
    taken = Spec.objects.filter(~Q(lease_token=""), review__slug=slug, lease_until__isnull=False)
    return list(taken.filter(done_rev__lt=F("wanted_rev")).order_by("pk").values_list("pk", flat=True))


def play_demo() -> list[str]:
    """The demonstration reviews as `manage.py build_demo` leaves them; returns their slugs."""
    call_command("build_demo", stdout=sys.stderr)
    return [Review.objects.get(title=title).slug for title in (cart_protocol.TITLE, bcg.TITLE)]
