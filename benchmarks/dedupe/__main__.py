"""Find the duplicates of labelled sets beside bib-dedupe; exits 1 where a goal is missed.

Run as: python -m benchmarks.dedupe DATA [--no-peer]. DATA is a folder of labelled sets, or one such set.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dedupe import labelled
from benchmarks.dedupe.labelled import Labelled, Outcome
from benchmarks.dedupe.worker import HELD, NEW, Answer
from reviews.dedupe import BULK_ACCEPT

# The goals are set for these; of other sets the same is told and nothing asked but the speed.
GOAL_SETS = ("stroke", "haematology", "neuroimaging")
MOST_LOST = 1
MOST_BELOW = 0.005
TIMES_FASTER = 20
LARGE_SECONDS, LARGE_MEGABYTES, MOMENT = 30.0, 1024, 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One way of deduplicating one set."""

    name: str
    outcome: Outcome
    cpu: float | None
    peak: int | None


def text(line: Line) -> str:
    """One row of the table."""
    found = line.outcome
    cpu = "" if line.cpu is None else f"{line.cpu:.2f} s"
    peak = "" if line.peak is None else f"{line.peak} MB"
    return (
        f"  {line.name:34}{found.precision:>8.4f}{found.sensitivity:>8.4f}{found.specificity:>9.5f}"
        f"{found.f1:>8.4f}{found.lost:>6}{found.left:>6}{cpu:>11}{peak:>9}"
    )


def misses(name: str, ours: Line, peer: Line | None) -> list[str]:
    """The goals that one set misses, in words."""
    found = []
    if name in GOAL_SETS and ours.outcome.lost > MOST_LOST:
        found.append(f"{name}: {ours.outcome.lost} studies lost, at most {MOST_LOST} may be")
    if peer is None:
        return found
    below = peer.outcome.sensitivity - ours.outcome.sensitivity
    if name in GOAL_SETS and below > MOST_BELOW:
        found.append(f"{name}: sensitivity {below:.4f} below bib-dedupe, at most {MOST_BELOW} may be")
    if ours.cpu and peer.cpu and peer.cpu < TIMES_FASTER * ours.cpu:
        found.append(f"{name}: {peer.cpu / ours.cpu:.1f} times faster than bib-dedupe, not {TIMES_FASTER}")
    return found


def ask(contender: str, folder: Path) -> Answer:
    """Let one contender do its task in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.dedupe.worker", contender, str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        tail = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        return {"fault": tail[0]}
    answer: Answer = json.loads(done.stdout)
    return answer


def show_lost(known: Labelled, way: str, groups: Sequence[Sequence[int]]) -> None:
    """Name each study that vanishes."""
    for group in labelled.mixed([record.work for record in known.records], groups):
        sys.stdout.write(f"  lost by {way}:\n")
        for key in group:
            one = known.records[key]
            place = f"{one.journal} {one.volume} ({one.issue}) {one.pages}"
            sys.stdout.write(
                f"    {known.ids[key]} {one.title[:90]} / {one.year} / {place[:70]} / {one.doi}\n"
            )


def run_set(folder: Path, *, with_peer: bool) -> list[str]:
    """Print the table of one set; returns the goals that it misses."""
    known = labelled.load(folder)
    works = [record.work for record in known.records]
    redundant = len(works) - len(set(works))
    sys.stdout.write(f"\n{known.name}: {len(works):,} records, {redundant:,} redundant\n{_HEADER}\n")
    mine = ask("ours", folder)
    if "fault" in mine:
        return [f"{known.name}: {mine['fault']}"]
    rules = Line("rules alone", labelled.outcome(works, mine["groups"]), mine["cpu"], mine["peak"])
    bulk = Line(f"and pairs accepted from {BULK_ACCEPT}", labelled.outcome(works, mine["bulk"]), None, None)
    sys.stdout.write(f"{text(rules)}\n{text(bulk)}\n")
    sys.stdout.flush()
    other = ask("peer", folder) if with_peer else {}
    peer = None
    if other.get("groups") is not None:
        peer = Line("bib-dedupe", labelled.outcome(works, other["groups"]), other["cpu"], other["peak"])
        sys.stdout.write(f"{text(peer)}\n  {other['cpu'] / max(mine['cpu'], 1e-6):.0f} times less CPU; ")
    sys.stdout.write(f"  asked: {mine['questions']} pairs; of one study: {mine['relations']} pairs\n")
    show_lost(known, "rules alone", mine["groups"])
    show_lost(known, "pairs accepted", mine["bulk"])
    if peer:
        show_lost(known, "bib-dedupe", other["groups"])
    fault = [f"{known.name}: bib-dedupe did not finish: {other['fault']}"] if "fault" in other else []
    return fault + misses(known.name, rules, peer)


def run_large() -> list[str]:
    """Print what many records cost, and a few new ones after them; returns the goals missed."""
    answer = ask("large", Path())
    if "fault" in answer:
        return [f"large: {answer['fault']}"]
    found = labelled.outcome(answer["works"], answer["groups"])
    first, second, peak = float(answer["cpu"]), float(answer["new_cpu"]), int(answer["peak"])
    sys.stdout.write(f"\nmade up: {HELD:,} records, {found.removed + found.left:,} redundant\n{_HEADER}\n")
    sys.stdout.write(f"{text(Line('rules alone', found, first, peak))}\n")
    sys.stdout.write(
        f"  then {NEW} new against {HELD:,} held: {second:.2f} CPU s, {answer['new_found']} of "
        f"{answer['new_known']} known ones recognised, {answer['new_wrong']} wrong pairs\n"
    )
    limits = (
        (first, LARGE_SECONDS, f"{HELD:,} records took {first:.1f} CPU s, not {LARGE_SECONDS:g}"),
        (peak, LARGE_MEGABYTES, f"{HELD:,} records took {peak} MB, not {LARGE_MEGABYTES}"),
        (second, MOMENT, f"{NEW} new records took {second:.2f} CPU s, not {MOMENT:g}"),
    )
    return [words for value, limit, words in limits if value > limit]


_HEADER = (
    f"  {'':34}{'prec.':>8}{'sens.':>8}{'spec.':>9}{'F1':>8}{'lost':>6}{'left':>6}{'CPU':>11}{'peak':>9}"
)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--no-peer", action="store_true", help="leave bib-dedupe out")
    given = parser.parse_args(arguments)
    if not given.data.is_dir() or not labelled.folders(given.data):
        sys.stderr.write(f"No labelled sets in {given.data}.\n")
        return 2
    missed = []
    for folder in labelled.folders(given.data):
        missed += run_set(folder, with_peer=not given.no_peer)
    missed += run_large()
    sys.stdout.write(
        "\n" + "\n".join(f"MISSED: {words}" for words in missed) + "\n" if missed else "\nAll met.\n"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
