"""A file of PubMed with a broken article: all others come in, and the numbers add up."""

import pytest
from django.core.files.base import ContentFile

from reviews.models import Record, Review, RunState, SearchRun, User
from reviews.services import import_reading, imports, inspecting, searches
from tests import factories
from tests.fakes.corpus import article_set, articles

MADE = articles(12)


def _broken() -> str:
    """The fifth article has lost a tag, and the file ends before its set is closed."""
    pieces = [article.xml() for article in MADE]
    pieces[4] = pieces[4].replace("</Abstract>", "")
    return article_set([]).removesuffix("</PubmedArticleSet>") + "".join(pieces)


@pytest.fixture
def run(review: Review, lead: User, monkeypatch: pytest.MonkeyPatch) -> SearchRun:
    """Looked through and confirmed; stored in batches of three."""
    monkeypatch.setattr(import_reading, "BATCH_SIZE", 3)
    source = factories.source(review, "PubMed by file")
    file = ContentFile(_broken().encode(), "pubmed.xml")
    run = imports.begin(by=lead, source=source, name="pubmed.xml", file=file)
    inspecting.execute(run.pk)
    run.refresh_from_db()
    return run


def test_the_preview_names_the_broken_article(run: SearchRun) -> None:
    assert (run.state, run.found) == (RunState.READY, 11)
    told = [(one.row, one.code, one.kept) for one in run.problem_rows.order_by("pk")]
    assert told == [(5, "malformed_xml", False), (12, "cut_short", False)]
    assert f"PMID {MADE[4].pmid}" in run.problem_rows.get(row=5).detail


def test_the_other_articles_come_in(run: SearchRun, lead: User) -> None:
    imports.confirm(by=lead, run=run)
    searches.execute(run.pk)

    run.refresh_from_db()
    assert (run.state, run.found, run.received, run.new) == (RunState.COMPLETE, 12, 11, 11)
    assert [one.row for one in run.problem_rows.order_by("pk")] == [5, 12]
    expected = [article.pmid for article in MADE if article != MADE[4]]
    assert list(Record.objects.filter(run=run).order_by("row").values_list("pmid", flat=True)) == expected
