"""True counts of real and of deliberately broken files."""

from __future__ import annotations

import gzip
import io
import re
from collections import Counter
from pathlib import Path

import pytest

from reviews.formats import ParsedRecord, RowProblem, UnknownFormat, read

pytestmark = pytest.mark.shared

# Counted by the tags of Web of Science, whose format it is.
_NOT_RIS = {"ris/rispy_example_wos.ris"}
# Records of the pairs of JabRef, by file; JabRef gives no expectation for those that it cannot read.
_PAIRS = {
    "EndnoteXmlImporterTestArticle.xml": 1,
    "EndnoteXmlImporterTestReport.xml": 1,
    "EndnoteXmlImporterTest_EmptyKeywordStyle.xml": 1,
    "IsiImporterTestWOS.isi": 2,
    "MedlineImporterTestArticleItalics.xml": 1,
    "MedlineImporterTestMathML.xml": 1,
    "MedlineImporterTestPubmedBook.xml": 1,
    "MedlinePlainImporterTestCompleteEntry.txt": 1,
    "MedlinePlainImporterTestMultiAbstract.txt": 1,
    "NbibImporterTest.nbib": 1,
    "RisImporterCorrupted.ris": 1,
    "RisImporterTest3.ris": 1,
    "RisImporterTest4a.ris": 1,
    "RisImporterTest4b.ris": 1,
}
# These pairs differ on purpose: markup and mathematics are flattened here, a book of PubMed has its authors,
# and the editors of a book are not taken for its authors from RIS.
_SAID_OTHERWISE = {
    "MedlinePlainImporterTestMultiAbstract",
    "RisImporterTest4b",
    "MedlineImporterTestPubmedBook",
}
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
    [
        ("ris", "TY=", 40),
        ("nbib", "PMID-=", 5),
        ("csv", "csv=", 12),
        ("entrez_replies", "PubmedArticle=", 6),
        ("wos", "PT=", 3),
        ("bibtex", "@=", 1),
        ("endnote_xml", "(?:grep )?record=", 2),
    ],
)
def test_every_file_of_the_manifest_yields_its_true_count(
    shared_dir: Path, kind: str, counter: str, files: int
) -> None:
    ingest = shared_dir / "data/ingest"
    expected = _manifest(ingest, kind=kind, counter=counter)

    found = {name: len(_read(ingest / name)[0]) for name in expected}

    assert found == expected
    assert len(found) == files


def test_web_of_science_under_the_name_of_ris_is_read(shared_dir: Path) -> None:
    records, problems = _read(shared_dir / "data/ingest/ris/rispy_example_wos.ris")

    assert (len(records), dict(problems)) == (2, {})
    assert all(record.title and record.doi and record.authors for record in records)


def test_answers_without_references_are_refused_by_name(shared_dir: Path) -> None:
    paths = sorted((shared_dir / "data/ingest/entrez_replies").glob("e*.xml"))

    for path in paths:
        with pytest.raises(UnknownFormat, match="PubMed's answer to e"):
            _read(path)
    assert len(paths) == 15


@pytest.mark.parametrize(("name", "count"), _PAIRS.items(), ids=list(_PAIRS))
def test_the_pairs_of_jabref_say_the_same_in_both_formats(shared_dir: Path, name: str, count: int) -> None:
    folder = shared_dir / "data/ingest/jabref_pairs"
    records, _ = _read(folder / name)
    expected = folder / f"{Path(name).stem}.bib"

    assert len(records) == count
    if not expected.exists() or expected.stem in _SAID_OTHERWISE:
        return
    (other,), _ = _read(expected)
    for each in ("title", "year", "journal", "volume", "doi"):
        said, meant = getattr(records[0], each), getattr(other, each)
        # The publisher of a book stands where a journal would, in BibTeX only.
        assert said == meant or not meant or (each == "journal" and not said), each
    assert records[0].pmid == other.pmid or not other.pmid
    assert len(records[0].authors) >= len(other.authors)


def test_what_jabref_cannot_read_is_refused_or_named(shared_dir: Path) -> None:
    folder = shared_dir / "data/ingest/jabref_pairs"

    with pytest.raises(UnknownFormat, match="Ovid's own text format"):
        _read(folder / "OvidImporterTest3.txt")
    assert _read(folder / "MedlineImporterTestMalformedEntry.xml") == ([], {"malformed_xml": 1})


def test_every_record_has_a_title_where_its_file_gives_one(shared_dir: Path) -> None:
    ingest = shared_dir / "data/ingest"
    kinds = ("ris", "nbib", "csv", "wos", "bibtex", "endnote_xml")
    paths = [path for kind in kinds for path in sorted((ingest / kind).iterdir())]
    without = {path.name: problems["no_title"] for path in paths if (problems := _read(path)[1])["no_title"]}

    # Those records have no title in their files: they test other fields, or were left blank.
    assert without == {
        "LSR_malaria_update_covidence.csv": 3,
        "asreview_baseline_empty_values.ris": 2,
        "asreview_baseline_reference_types.ris": 61,
        "asreview_baseline_tag-notes.ris": 11,
        "asreview_duplicate_records.csv": 4,
        "asreview_missing_values.csv": 2,
        "rispy_example_bom.ris": 1,
        "rispy_example_custom_list_tags.ris": 1,
        "rispy_example_multiline.ris": 3,
    }


def test_endnote_gives_the_numbers_and_abstracts_that_it_has(shared_dir: Path) -> None:
    folder = shared_dir / "data/ingest/endnote_xml"
    malaria, _ = _read(folder / "iebh_tafenoquine.xml")
    stroke, _ = _read(folder / "sra_Stroke.xml.gz")

    assert sum(bool(record.doi) for record in malaria) == 156
    assert [sum(bool(r.abstract) for r in records) for records in (malaria, stroke)] == [170, 1271]
    assert all(record.title and record.year for record in [*malaria, *stroke])


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
