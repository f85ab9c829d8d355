"""A study goes out, comes back and goes out: three runs, two results, and each time the right figure."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.install import Stagehand, Up, wait_until
from tests.e2e.visitor import Visitor

pytestmark = pytest.mark.e2e

TRIALS = [("Ash", "8", "20"), ("Birch", "15", "30"), ("Cedar", "30", "40")]


@pytest.fixture
def pooled(install: Up, act: Stagehand) -> tuple[str, int]:
    """A review of three studies with one analysis: its slug, and the analysis."""
    slug: str = act("begin", title="Moves")
    act("include_trials", slug=slug, trials=TRIALS)
    (spec,) = act("plan", slug=slug, names=["Response"])
    wait_until(lambda: act("is_quiet", slug=slug), up=install)
    return slug, spec


@pytest.fixture
def reviewer(come: Callable[[str], Visitor]) -> Visitor:
    return come("reviewer-a")


@pytest.fixture
def onlooker(come: Callable[[str], Visitor], pooled: tuple[str, int]) -> Iterator[Visitor]:
    """Somebody with the analysis open, from the beginning to the end."""
    visitor = come("statistician")
    visitor.go("/r/{}/analyses/{}/".format(*pooled))
    visitor.watch_for_reload()
    yield visitor
    assert not visitor.was_reloaded()


def say(visitor: Visitor, slug: str, label: str, verdict: str) -> None:
    """Change the verdict on a study, on its page."""
    page = visitor.page
    visitor.go(f"/r/{slug}/studies/")
    page.locator("main").get_by_role("link", name=label).click()
    page.get_by_role("button", name="Change verdict").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("The study is").select_option(verdict)
    dialog.get_by_label("Reason for exclusion").select_option(
        label="Wrong design" if verdict == "excluded" else "---------"
    )
    dialog.get_by_role("button", name="Save the verdict").click()
    expect(page.get_by_text("The verdict on the study is saved.")).to_be_visible()


def sees(visitor: Visitor, every: list[str], *, run: int, labels: list[str], words: str) -> None:
    """The open page shows this run, and its figure these studies and no others."""
    analysis = visitor.page.locator("#analysis")
    expect(analysis).to_contain_text(words)
    expect(analysis).to_contain_text(f"Run {run},")
    figure = analysis.locator(".plot__light img")
    expect(figure).to_have_js_property("complete", True)
    drawn = visitor.page.request.get(f"{visitor.url}{figure.get_attribute('src')}").text()
    for label in every:
        assert (label in drawn) == (label in labels), (label, labels)


def test_out_in_out_gives_three_runs_and_two_results(
    pooled: tuple[str, int], reviewer: Visitor, onlooker: Visitor, act: Stagehand
) -> None:
    slug, spec = pooled
    every = act("labels", slug=slug)
    gone, rest = every[0], every[1:]
    sees(onlooker, every, run=1, labels=every, words="3 of 3 included studies")

    say(reviewer, slug, gone, "excluded")
    sees(onlooker, every, run=2, labels=rest, words="2 of 2 included studies")
    say(reviewer, slug, gone, "included")
    sees(onlooker, every, run=3, labels=every, words="3 of 3 included studies")
    say(reviewer, slug, gone, "excluded")
    sees(onlooker, every, run=4, labels=rest, words="2 of 2 included studies")

    first, *moves = act("runs", spec=spec)
    assert [run["studies"] for run in moves] == [rest, every, rest]
    assert [run["result"] for run in moves] == [moves[0]["result"], first["result"], moves[0]["result"]]
    assert [run["k"] for run in moves] == [2, 3, 2]
    assert [run["out"] for run in moves] == [[gone], [], [gone]]
    assert [run["in"] for run in moves] == [[], [gone], []]
    assert moves[0]["estimate"] != first["estimate"] == moves[1]["estimate"]


def test_one_study_is_its_own_estimate_and_none_shows_no_diamond(
    pooled: tuple[str, int], reviewer: Visitor, onlooker: Visitor, act: Stagehand
) -> None:
    slug, spec = pooled
    every = act("labels", slug=slug)

    # One move after the other: a worker that finds two makes one run of them.
    say(reviewer, slug, every[0], "excluded")
    sees(onlooker, every, run=2, labels=every[1:], words="2 of 2 included studies")
    say(reviewer, slug, every[1], "excluded")
    sees(onlooker, every, run=3, labels=every[2:], words="One study’s own estimate, not a pool")

    say(reviewer, slug, every[2], "excluded")
    expect(onlooker.page.locator("#analysis")).to_contain_text("No study contributes a result")
    expect(onlooker.page.locator("#analysis .estimate")).to_have_count(0)

    assert [run["status"] for run in act("runs", spec=spec)] == ["pooled", "pooled", "single", "none"]
