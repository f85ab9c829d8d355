"""Measure reading and storing beside the peers: CPU seconds, memory, goals; exits 1 where a goal is missed.

Run as: python -m benchmarks.ingest [DATA]. DATA holds real exports (pubmed/*.xml.gz, ris/*.ris); where there
are none, records are generated. RECORDS in the environment is the size of the files, 20,000 by default.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ingest import corpus, scratch

RECORDS = 20_000
TIMES_LARGER = 10
ROUNDS = 3  # each contender in turn, so that a busy moment hits all of them; the best counts
_FLAT = 1.25
_SLACK_MB = 16
_DEARER = 2.0
_DEFAULT_DATA = scratch.ROOT.parent / "shared" / "data" / "ingest"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one process measured; `server` is the CPU of the database's process where it could be seen."""

    records: int
    seconds: float
    peak: float
    server: float | None = None

    @property
    def rate(self) -> float:
        return self.records / self.seconds if self.seconds else 0.0

    @property
    def server_rate(self) -> float | None:
        return self.records / self.server if self.server else None


@dataclass(frozen=True, slots=True)
class Goal:
    """A sentence, what was reached, and the least that meets it."""

    words: str
    reached: float
    least: float

    @property
    def verdict(self) -> str:
        return "met" if self.reached >= self.least else "MISSED"

    def __str__(self) -> str:
        return f"{self.words:62}{self.reached:>12,.2f}{self.least:>10,.2f}  {self.verdict}"


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> Figure:
    """One measurement in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.ingest.child", *arguments]
    done = subprocess.run(
        command, cwd=scratch.ROOT, env=environment, check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Figure(told["records"], told["seconds"], told["peak"], told.get("server"))


def in_turn(*contenders: tuple[str, Path]) -> list[Figure]:
    """The best of some rounds of each reader."""
    rounds = [[run("read", name, str(path)) for name, path in contenders] for _ in range(ROUNDS)]
    return [min(figures, key=lambda figure: figure.seconds) for figures in zip(*rounds, strict=True)]


def say(words: str, figure: Figure) -> None:
    server = f"{figure.server:>10.2f} s of the server" if figure.server is not None else ""
    sys.stdout.write(
        f"{words:46}{figure.records:>9,}{figure.seconds:>10.2f} s{figure.rate:>10,.0f}/s"
        f"{figure.peak:>8.0f} MB{server}\n"
    )
    sys.stdout.flush()


def reading(folder: Path, data: Path | None, records: int) -> list[Goal]:
    """Readers beside their peers."""
    plain, packed, ris = folder / "articles.xml", folder / "articles.xml.gz", folder / "references.ris"
    for path in (plain, packed, ris):
        corpus.write(path, data, records)
    bare, xml = in_turn(("bare_lxml", plain), ("ours", plain))
    say("PubMed XML, lxml's bare iterparse", bare)
    say("PubMed XML, ours", xml)
    peer, gz = in_turn(("pubmed_parser", packed), ("ours", packed))
    say("PubMed XML in gzip, pubmed_parser", peer)
    say("PubMed XML in gzip, ours", gz)
    rispy, references = in_turn(("rispy", ris), ("ours", ris))
    say("RIS, rispy", rispy)
    say("RIS, ours", references)
    equal = {bare.records, xml.records, peer.records, gz.records, rispy.records, references.records}
    return [
        Goal("All readers find all records", float(equal == {records}), 1),
        Goal("PubMed XML, times lxml's bare iterparse", xml.rate / bare.rate, 0.7),
        Goal("PubMed XML, times pubmed_parser", gz.rate / peer.rate, 1.5),
        Goal("RIS, times rispy", references.rate / rispy.rate, 1.0),
    ]


def storing(folder: Path, data: Path | None, records: int) -> list[Goal]:
    """From file to rows on PostgreSQL, and memory as the file grows."""
    large = folder / "large.ris"
    corpus.write(large, data, records * TIMES_LARGER)
    with scratch.database(folder / "files") as environment:
        xml = run("store", str(folder / "articles.xml"), environment=environment)
        say("PubMed XML to rows", xml)
        ris = run("store", str(folder / "references.ris"), environment=environment)
        say("RIS to rows", ris)
        more = run("store", str(large), environment=environment)
        say(f"RIS to rows, {TIMES_LARGER} times the file", more)
    given = str(data) if data else ""
    few = run("stream", str(records), given)
    say("PubMed XML, streamed", few)
    many = run("stream", str(records * TIMES_LARGER), given)
    say(f"PubMed XML, streamed, {TIMES_LARGER} times the file", many)
    return [
        Goal("PubMed XML to rows, records a CPU second", xml.rate, 1000),
        Goal("RIS to rows, records a CPU second", ris.rate, 4000),
        _flat("RIS to rows: memory allowed / memory of the larger file", ris, more),
        *_linear("RIS to rows: server's seconds allowed / for the larger file", ris, more),
        _flat("PubMed XML: memory allowed / memory of the larger file", few, many),
    ]


def _flat(words: str, few: Figure, many: Figure) -> Goal:
    return Goal(words, (_FLAT * few.peak + _SLACK_MB) / many.peak, 1)


def _linear(words: str, few: Figure, many: Figure) -> list[Goal]:
    """A record may cost the server twice as much in the larger file; nothing where it was not seen."""
    if not few.server or not many.server:
        return []
    return [Goal(words, _DEARER * few.server / few.records * many.records / many.server, 1)]


def main(arguments: list[str]) -> int:
    """Measure, print, judge."""
    given = Path(arguments[0]) if arguments and arguments[0] else _DEFAULT_DATA
    data = given if given.is_dir() else None
    records = int(os.environ.get("RECORDS", RECORDS))
    sys.stdout.write(
        f"Records: {f'repeated from {data}' if data else 'generated'}; CPU seconds, peak memory\n"
    )
    with tempfile.TemporaryDirectory() as name:
        goals = reading(Path(name), data, records)
        try:
            goals += storing(Path(name), data, records)
        except scratch.NoServer as fault:
            sys.stderr.write(f"{fault}\n")
            goals.append(Goal("Storing on PostgreSQL was measured", 0, 1))
    sys.stdout.write(f"\n{'Goal':62}{'reached':>12}{'least':>10}\n")
    sys.stdout.writelines(f"{goal}\n" for goal in goals)
    return 0 if all(goal.verdict == "met" for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
