"""One contender at one task, in a process of its own, so that its CPU seconds and its peak are its own.

Run as: python -m benchmarks.dedupe.worker CONTENDER TASK. Writes one line of JSON.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.dedupe import labelled, made
from reviews.dedupe import BULK_ACCEPT, KeyIndex, Match, clusters, entry, find

HELD, NEW = 50_000, 500
Answer = dict[str, Any]


def cpu() -> float:
    """CPU seconds of this process and of those it started and waited for."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, kinds))


def peak() -> int:
    """Megabytes of the largest process."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) // 1024


def ours(folder: Path) -> Answer:
    """Groups by the rules alone, and with all that a person would accept in bulk."""
    records = labelled.load(folder).records
    start = cpu()
    entries = [entry(number, record) for number, record in enumerate(records)]
    matches = find(entries, KeyIndex())
    groups = clusters(entries, matches)
    seconds = cpu() - start
    return {
        "cpu": seconds,
        "groups": groups,
        "bulk": clusters(entries, matches, accept=BULK_ACCEPT),
        "questions": _count(matches, "likely"),
        "relations": _count(matches, "related"),
    }


def _count(matches: list[Match], kind: str) -> int:
    return sum(match.verdict.kind == kind for match in matches)


def peer(folder: Path) -> Answer:
    """Groups by bib-dedupe, with as many workers as it takes by itself."""
    import pandas as pd  # noqa: PLC0415  # only where bib-dedupe runs: they would count as our memory
    from bib_dedupe.bib_dedupe import block, cluster, match, prep  # noqa: PLC0415  # as above

    known = labelled.load(folder)
    path = next(iter(sorted(folder.glob("records_pre_merged*.csv*"))))
    frame = pd.read_csv(path, low_memory=False)
    start = cpu()
    groups = cluster(match(block(prep(frame))))
    seconds = cpu() - start
    position = {name: number for number, name in enumerate(known.ids)}
    return {"cpu": seconds, "groups": [[position[str(name)] for name in group] for group in groups]}


def large(_: Path) -> Answer:
    """A first search of many records; then a few new ones against those held, whose keys are known."""
    records = made.corpus(HELD + NEW, repeats=0.4, neighbours=0.1)
    works = [record.work for record in records]
    start = cpu()
    entries = [entry(number, record) for number, record in enumerate(records[:HELD])]
    index = KeyIndex()
    matches = find(entries, index)
    groups = clusters(entries, matches)
    first = cpu() - start
    start = cpu()
    again = find([entry(HELD + number, record) for number, record in enumerate(records[HELD:])], index)
    second = cpu() - start
    held = set(works[:HELD])
    found = {match.second for match in again if match.verdict.kind == "same" and match.first < HELD}
    return {
        "cpu": first,
        "groups": groups,
        "works": works[:HELD],
        "new_cpu": second,
        "new_known": sum(work in held for work in works[HELD:]),
        "new_found": len(found),
        "new_wrong": sum(
            works[match.first] != works[match.second] for match in again if match.verdict.kind == "same"
        ),
    }


CONTENDERS: dict[str, Callable[[Path], Answer]] = {"ours": ours, "peer": peer, "large": large}


def main(name: str, folder: str) -> None:
    # bib-dedupe and its workers write to the standard output, which is for the answer.
    answer_to = os.dup(1)
    os.dup2(2, 1)
    answer = CONTENDERS[name](Path(folder))
    answer["peak"] = peak()
    with os.fdopen(answer_to, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)


if __name__ == "__main__":
    main(*sys.argv[1:])
