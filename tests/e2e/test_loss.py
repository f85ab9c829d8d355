"""Whatever process is killed and whatever message is lost: the figures become fresh by themselves."""

from itertools import cycle, islice

import pytest

from tests.e2e.install import LEASE_SECONDS, MARGIN_SECONDS, SWEEP_SECONDS, Stagehand, Up, wait_until

pytestmark = pytest.mark.e2e

IN_TIME = LEASE_SECONDS + SWEEP_SECONDS + MARGIN_SECONDS
TRIALS = [(f"T{number}", str(4 + number), "25") for number in range(6)]


@pytest.fixture(scope="module")
def pooled(install: Up, act: Stagehand) -> str:
    """A review with six included studies, every change of it delivered."""
    slug: str = act("begin", title="Loss")
    act("include_trials", slug=slug, trials=TRIALS)
    wait_until(lambda: act("is_quiet", slug=slug), up=install)
    return slug


def test_a_worker_killed_in_the_middle_of_a_run_leaves_nothing_stale(
    pooled: str, install: Up, act: Stagehand
) -> None:
    planned = act("plan", slug=pooled, names=[f"Analysis {number}" for number in range(5)])
    orphaned, before = orphan(planned, slug=pooled, install=install, act=act)

    wait_until(lambda: act("is_quiet", slug=pooled), up=install, seconds=IN_TIME)

    assert install.said("worker was ended by SIGKILL")
    assert len(act("runs", spec=orphaned)) > before
    for spec in planned:
        run = act("runs", spec=spec)[-1]
        assert run["version"] == act("newest_version", spec=spec)
        assert len(run["studies"]) == len(TRIALS)
        assert run["status"] == "pooled"


def orphan(planned: list[int], *, slug: str, install: Up, act: Stagehand) -> tuple[int, int]:
    """Kill workers until one dies with an analysis in its hands; returns that and how many runs it had.

    A kill may fall between two runs, or come when all are done: then there is new work, and another try.
    """
    for method in islice(cycle(("DL", "REML")), 20):
        while act("catch_computing", slug=slug, seconds=IN_TIME):
            with install.without_worker():
                if held := act("held", slug=slug):
                    return held[0], len(act("runs", spec=held[0]))
        for spec in planned:
            act("revise", spec=spec, tau2_method=method)
    pytest.fail("no worker was caught with an analysis in its hands")


def test_lost_messages_of_the_relay_and_of_a_computation_are_made_good(
    pooled: str, install: Up, act: Stagehand
) -> None:
    (spec,) = act("plan", slug=pooled, names=["Lost"])
    wait_until(lambda: act("is_quiet", slug=pooled), up=install)
    gone = act("labels", slug=pooled)[0]

    with install.without_worker():
        act("revise", spec=spec, tau2_method="DL")
        act("move", slug=pooled, label=gone, verdict="excluded")
        assert install.lose_queued_messages() >= 2
        assert not act("is_quiet", slug=pooled)

    wait_until(lambda: act("is_quiet", slug=pooled), up=install, seconds=IN_TIME)

    last = act("runs", spec=spec)[-1]
    assert last["settings"] == "DL"
    assert last["version"] == 2
    assert gone not in last["studies"]
    assert len(last["studies"]) == len(TRIALS) - 1
    act("move", slug=pooled, label=gone, verdict="included")
    wait_until(lambda: act("is_quiet", slug=pooled), up=install)
