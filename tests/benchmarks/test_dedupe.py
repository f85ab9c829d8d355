"""The benchmark's own rules; how fast anything is, is not tested here."""

from pathlib import Path

import pytest

from benchmarks.dedupe import __main__ as bench
from benchmarks.dedupe import labelled, made, weights
from benchmarks.dedupe.labelled import Outcome

RECORDS = """"ID","title","year","author","pages","volume","number","journal"
"a","Drug alpha for marsh fever in adults",2020,"Berg, A. and Holm, L.","1-9",12,3,"J Fever"
"b","Drug alpha for marsh fever in adults",2020.0,"Berg, A. and Holm, L.","1-9",12,3,"J Fever"
"c","Bridges of the north and their builders",,"Lund, P.","",,,""
"d","Drug alpha for marsh fever in adults",2020,"Berg, A.","1-9",12,3,"J Fever"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "sets" / "fever"
    place.mkdir(parents=True)
    (place / "records_pre_merged.csv").write_text(RECORDS)
    (place / "merged_record_ids.csv").write_text('merged_ids\n"a;b;d"\n')
    return place


def _line(name: str, *, lost: int = 0, left: int = 0, cpu: float = 1.0) -> bench.Line:
    return bench.Line(name, Outcome(records=1000, removed=100 - left, lost=lost, left=left), cpu, 10)


def test_a_labelled_set_is_read_with_its_studies(folder: Path) -> None:
    found = labelled.load(folder)

    assert found.ids == ("a", "b", "c", "d")
    assert [record.work for record in found.records] == [0, 0, 2, 0]
    assert found.records[1].year == 2020
    assert found.records[0].authors == ("Berg, A.", "Holm, L.")
    assert found.records[2].year is None


def test_a_folder_is_a_set_or_holds_sets(folder: Path) -> None:
    assert labelled.folders(folder) == [folder]
    assert labelled.folders(folder.parent) == [folder]


def test_one_record_of_each_group_is_kept() -> None:
    works = [1, 1, 1, 2, 2, 3, 4]

    assert labelled.outcome(works, [[0, 1], [3, 4]]) == Outcome(records=7, removed=2, lost=0, left=1)
    assert labelled.outcome(works, [[0, 1, 5]]) == Outcome(records=7, removed=1, lost=1, left=2)
    assert labelled.mixed(works, [[0, 1], [2, 6]]) == [[2, 6]]


def test_the_four_ratios() -> None:
    found = Outcome(records=110, removed=8, lost=2, left=2)

    assert found.precision == found.sensitivity == found.f1 == pytest.approx(0.8)
    assert found.specificity == pytest.approx(0.98)
    assert Outcome(records=3, removed=0, lost=0, left=0).sensitivity == 1.0


@pytest.mark.parametrize(
    ("name", "ours", "peer", "missed"),
    [
        ("stroke", _line("ours", lost=1), None, 0),
        ("stroke", _line("ours", lost=2), None, 1),
        ("stroke", _line("ours", left=1), _line("peer", cpu=20), 1),
        ("stroke", _line("ours", left=1), _line("peer", left=1, cpu=20), 0),
        ("stroke", _line("ours"), _line("peer", cpu=19), 1),
        ("another", _line("ours", lost=9, left=50), _line("peer", cpu=20), 0),
    ],
)
def test_goals_are_met_or_missed(name: str, ours: bench.Line, peer: bench.Line | None, missed: int) -> None:
    assert len(bench.misses(name, ours, peer)) == missed


def test_a_contender_works_in_a_process_of_its_own(folder: Path) -> None:
    answer = bench.ask("ours", folder)

    assert answer["groups"] == [[0, 1, 3]]
    assert answer["cpu"] >= 0
    assert answer["peak"] > 0


def test_a_contender_that_fails_is_named_and_stops_nothing(tmp_path: Path) -> None:
    assert "StopIteration" in bench.ask("ours", tmp_path)["fault"]


def test_a_folder_without_sets_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main([str(tmp_path)]) == 2
    assert "No labelled sets" in capsys.readouterr().err


def test_made_references_are_the_same_each_time_and_differ_by_seed() -> None:
    assert made.corpus(200) == made.corpus(200)
    assert made.corpus(200, seed=1) != made.corpus(200, seed=2)
    assert len(made.corpus(200, neighbours=0.5)) == 200


def test_weights_that_are_fitted_again_tell_repetitions_from_neighbours() -> None:
    known = [weights.pairs(made.corpus(800, seed=seed, neighbours=0.6)) for seed in (1, 2)]
    names = sorted({name for found in known for pair in found for name in pair.features})

    beta = weights.fit(known[:1], names)

    rows = weights.calibration(beta, known[1], names)
    assert sum(count for _, count, _ in rows) == sum(not pair.by_rule for pair in known[1])
    assert rows[0][2] == 0
    assert beta[1 + names.index("pages:same")] > beta[1 + names.index("pages:differ")]
