"""True counts of real and of deliberately broken files."""

from __future__ import annotations

import gzip
import io
import re
from collections import Counter
from pathlib import Path

import pytest

from reviews.formats import ParsedRecord, RowProblem, read

pytestmark = pytest.mark.shared

# The manifest counts Web of Science's own format here, which is refused by name.
_NOT_RIS = {"ris/rispy_example_wos.ris"}
_MUTANTS = {
    "psy_cp1252.ris": (124, {}),
    "psy_utf16le_bom.ris": (124, {}),
    "psy_cr_only.ris": (124, {}),
    "psy_mixed_eol_nbsp.ris": (124, {}),
    "psy_missing_ER.ris": (124, {"missing_end": 25}),
    "psy_ovid_junk.ris": (124, {}),
    "psy_cochrane_head.ris": (124, {}),
    "psy_wrapped_empty.ris": (124, {}),
    "psy_truncated.ris": (74, {"truncated": 1}),
    "psy_nul_ctrl.ris": (124, {}),
    "psy_double_import.ris": (248, {}),
}


def _read(path: Path) -> tuple[list[ParsedRecord], Counter[str]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    items = list(read(io.BytesIO(data), name=path.name))
    records = [item for item in items if isinstance(item, ParsedRecord)]
    return records, Counter(item.code for item in items if isinstance(item, RowProblem))


def _manifest(ingest: Path, *, kind: str, counter: str) -> dict[str, int]:
    """Return file and true count of every line of the manifest for this kind of file."""
    text = (ingest / "MANIFEST.md").read_text()
    found = re.findall(rf"^\| ({kind}/[^ |]+) \|[^|]*\|[^|]*\| {counter}(\d+)", text, re.MULTILINE)
    return {name: int(count) for name, count in found if name not in _NOT_RIS}


@pytest.mark.parametrize(
    ("kind", "counter", "files"),
    [("ris", "TY=", 40), ("nbib", "PMID-=", 5), ("csv", "csv=", 12), ("entrez_replies", "PubmedArticle=", 6)],
)
def test_every_file_of_the_manifest_yields_its_true_count(
    shared_dir: Path, kind: str, counter: str, files: int
) -> None:
    ingest = shared_dir / "data/ingest"
    expected = _manifest(ingest, kind=kind, counter=counter)

    found = {name: len(_read(ingest / name)[0]) for name in expected}

    assert found == expected
    assert len(found) == files


@pytest.mark.parametrize(("name", "expected"), _MUTANTS.items(), ids=list(_MUTANTS))
def test_every_mutant_yields_its_count_and_names_its_faults(
    shared_dir: Path, name: str, expected: tuple[int, dict[str, int]]
) -> None:
    records, problems = _read(shared_dir / "data/ingest/mutants" / name)

    assert (len(records), dict(problems)) == expected
    assert not any(letter in record.title + record.raw for record in records for letter in "\x00\x0b\ufeff")


def test_the_mutants_say_the_same_as_the_file_they_come_from(shared_dir: Path) -> None:
    ingest = shared_dir / "data/ingest"
    original, _ = _read(ingest / "ris/citesource_20221207_gambling-harms_psycinfo_124.ris")
    expected = [(record.title, record.authors, record.doi, record.year, record.issue) for record in original]

    for name in (
        "psy_utf16le_bom.ris",
        "psy_cr_only.ris",
        "psy_missing_ER.ris",
        "psy_ovid_junk.ris",
        "psy_cochrane_head.ris",
    ):
        records, _ = _read(ingest / "mutants" / name)
        assert [(r.title, r.authors, r.doi, r.year, r.issue) for r in records] == expected, name


def test_the_update_file_of_pubmed_is_read_whole(shared_dir: Path) -> None:
    records, problems = _read(shared_dir / "data/ingest/pubmed/pubmed_update_sample.xml.gz")

    assert len(records) == 3_500
    assert problems == {"deleted_citation": 5}
    assert sum(bool(record.doi) for record in records) == 3_464
    kinds = Counter(kind for record in records for kind, _ in record.relations)
    assert {kind: kinds[kind] for kind in ("RetractionIn", "RetractionOf")} == {
        "RetractionIn": 2,
        "RetractionOf": 4,
    }


def test_the_oldest_records_of_pubmed_are_read(shared_dir: Path) -> None:
    records, problems = _read(shared_dir / "data/ingest/pubmed/pubmed_1970s_sample.xml.gz")

    assert (len(records), dict(problems)) == (1_000, {})
    assert sum(bool(record.abstract) for record in records) == 525
    assert all(record.title and record.journal and record.year for record in records)
