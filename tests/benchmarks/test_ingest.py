"""The benchmark's own rules: all contenders read the same; how fast anything is, is not tested here."""

import json
from pathlib import Path

import pytest

from benchmarks.ingest import child, corpus
from benchmarks.ingest.__main__ import Figure, Goal
from benchmarks.ingest.reading import READERS, ours_of_any_size


@pytest.mark.parametrize(("reached", "verdict"), [(0.7, "met"), (0.71, "met"), (0.69, "MISSED")])
def test_a_goal_is_met_or_missed(reached: float, verdict: str) -> None:
    assert Goal("words", reached, 0.7).verdict == verdict


def test_rates_are_records_a_second_of_cpu() -> None:
    figure = Figure(records=100, seconds=0.5, peak=10.0, server=2.0)

    assert (figure.rate, figure.server_rate) == (200, 50)
    assert Figure(records=100, seconds=0.5, peak=10.0).server_rate is None


@pytest.mark.parametrize("name", ["made.ris", "made.xml", "made.xml.gz"])
def test_generated_files_hold_what_was_asked_for_and_no_record_twice(tmp_path: Path, name: str) -> None:
    corpus.write(tmp_path / name, None, corpus.GENERATED + 7)

    told = list(READERS["ours"](tmp_path / name))

    assert len({title for title, _ in told}) == corpus.GENERATED + 7
    assert all(title and doi for title, doi in told)


def test_our_reader_and_bare_lxml_read_the_same(tmp_path: Path) -> None:
    corpus.write(tmp_path / "made.xml", None, 40)

    assert list(READERS["ours"](tmp_path / "made.xml")) == list(READERS["bare_lxml"](tmp_path / "made.xml"))


@pytest.mark.parametrize(("name", "peer"), [("made.xml.gz", "pubmed_parser"), ("made.ris", "rispy")])
def test_our_readers_and_the_peers_read_the_same(tmp_path: Path, name: str, peer: str) -> None:
    pytest.importorskip(peer)
    corpus.write(tmp_path / name, None, 40)

    assert list(READERS["ours"](tmp_path / name)) == list(READERS[peer](tmp_path / name))


def test_a_streamed_file_is_the_file_that_is_written(tmp_path: Path) -> None:
    corpus.write(tmp_path / "made.xml", None, 30)

    streamed = list(ours_of_any_size(corpus.xml_pieces(None, 30), "streamed.xml"))

    assert streamed == list(READERS["ours"](tmp_path / "made.xml"))


def test_a_measurement_tells_records_seconds_and_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus.write(tmp_path / "made.ris", None, 20)

    assert child.main(["read", "ours", str(tmp_path / "made.ris")]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["records"] == 20
    assert told["seconds"] >= 0
    assert told["peak"] > 1


@pytest.mark.shared
def test_repeated_exports_are_all_told_apart(shared_dir: Path, tmp_path: Path) -> None:
    data = shared_dir / "data" / "ingest"
    how_many = len(corpus.references(data)) + 50
    corpus.write(tmp_path / "real.ris", data, how_many)

    assert len(list(READERS["ours"](tmp_path / "real.ris"))) == how_many
