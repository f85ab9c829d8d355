"""What is written can be read again, by us and by others; nothing hostile gets through."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from Bio import Medline
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook

from reviews.formats import (
    ParsedRecord,
    Reference,
    RowProblem,
    read,
    write_bibtex,
    write_csv,
    write_endnote_xml,
    write_nbib,
    write_ris,
    write_xlsx,
)
from reviews.formats.writers.tables import CELL_LENGTH

Writer = Callable[[Iterable[Reference]], Iterator[str]]
WRITERS: dict[str, Writer] = {
    "ris": write_ris,
    "nbib": write_nbib,
    "bib": write_bibtex,
    "xml": write_endnote_xml,
    "csv": write_csv,
}
ARTICLE = ParsedRecord(
    external_id="31234567",
    title="Effect of CD19-directed T cells (CAR-T) in B-ALL: 50% & more {of} patients_1 #2 ~$5",
    abstract="BACKGROUND: Little is known.\nRESULTS: 12/25 (48%) responded; p < 0.001.",
    authors=("Müller-Lüdenscheidt, Jörg Ø.", "van der Berg, Jan-Piet", "O'Neil, Áine", "The CAR-T Group"),
    year=2019,
    journal="Blood & Cancer Journal",
    volume="13",
    issue="2 Suppl",
    pages="1606-1615",
    doi="10.1002/(sici)1097-0258(19980715)17:13<1495::aid-sim863>3.0.co;2-c",
    pmid="31234567",
    language="eng",
    publication_types=("Journal Article", "Randomized Controlled Trial"),
    keywords=("Lymphoma", "Receptors, Chimeric Antigen"),
    url="https://example.org/a_b?c=d&e=%20f",
    raw="",
    row=1,
)
WITHOUT_NUMBERS = replace(ARTICLE, external_id="", pmid="", doi="", title="Zinc for the common cold", row=2)
FIELDS = (
    "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "keywords",
)  # fmt: skip


def _read(text: str, extension: str) -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(text.encode()), name=f"list.{extension}"))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


def _said(record: ParsedRecord, *names: str) -> dict[str, object]:
    """Fields to compare; how an abstract's sections are parted is not kept by formats of lines."""
    fields: dict[str, object] = {name: getattr(record, name) for name in names}
    return fields | {"abstract": " ".join(record.abstract.split())}


@pytest.mark.parametrize("extension", WRITERS)
def test_what_is_written_is_read_back_field_by_field(extension: str) -> None:
    text = "".join(WRITERS[extension]([Reference(ARTICLE), Reference(WITHOUT_NUMBERS)]))

    records, problems = _read(text, extension)

    assert problems == []
    assert [_said(record, *FIELDS) for record in records] == [
        _said(ARTICLE, *FIELDS),
        _said(WITHOUT_NUMBERS, *FIELDS),
    ]


def test_a_workbook_is_read_back_field_by_field(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"

    count = write_xlsx([Reference(ARTICLE), Reference(WITHOUT_NUMBERS)], path)
    with path.open("rb") as stream:
        items = list(read(stream, name="list.xlsx"))

    assert count == 2
    records = [item for item in items if isinstance(item, ParsedRecord)]
    assert [_said(record, *FIELDS) for record in records] == [
        _said(ARTICLE, *FIELDS),
        _said(WITHOUT_NUMBERS, *FIELDS),
    ]


@pytest.mark.parametrize("extension", ["ris", "xml", "csv"])  # the others have no place for it
def test_a_number_that_is_not_the_pmid_is_kept_beside_it(extension: str) -> None:
    embase = replace(ARTICLE, external_id="L2001234")

    text = "".join(WRITERS[extension]([Reference(embase)]))
    (again,), _ = _read(text, extension)

    assert "L2001234" in text
    assert again.pmid == ARTICLE.pmid


@pytest.mark.parametrize("extension", WRITERS)
def test_decisions_and_reasons_go_along(extension: str) -> None:
    reference = Reference(ARTICLE, (("Full text", "Excluded: wrong population"), ("Found in", "")))

    text = "".join(WRITERS[extension]([reference]))

    assert "Full text: Excluded: wrong population" in " ".join(text.split())
    assert "Found in" not in text


_TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from(list("{}\\\"%$&@#<>\n\r\t,;=-'")),
    max_size=60,
)
_HOSTILE = ("ER  - ", "TY  - JOUR", "PMID- 1", "@article{x,", "</records>", "\nER  - \nTY  - JOUR\n")


@pytest.mark.parametrize("extension", WRITERS)
@given(title=_TEXT, abstract=_TEXT, author=_TEXT, journal=_TEXT, note=st.sampled_from(_HOSTILE))
@settings(max_examples=40, deadline=None)
def test_no_value_breaks_the_file(
    extension: str, title: str, abstract: str, author: str, journal: str, note: str
) -> None:
    hostile = replace(
        ARTICLE, title=f"Study of {title}", abstract=abstract + note, authors=(author,), journal=journal
    )
    references = [Reference(hostile, (("Note", note),)), Reference(ARTICLE)]

    records, _ = _read("".join(WRITERS[extension](references)), extension)

    assert len(records) == 2
    assert records[1].title == ARTICLE.title


def test_nbib_is_what_biopython_reads() -> None:
    text = "".join(write_nbib([Reference(ARTICLE), Reference(WITHOUT_NUMBERS)]))

    first, second = Medline.parse(io.StringIO(text))  # type: ignore[no-untyped-call]  # untyped

    assert (first["PMID"], first["TI"], first["FAU"][0]) == (
        ARTICLE.pmid,
        ARTICLE.title,
        "Müller-Lüdenscheidt, Jörg Ø.",
    )
    assert second["TI"] == WITHOUT_NUMBERS.title


def test_endnote_xml_is_well_formed_and_has_its_elements() -> None:
    text = "".join(write_endnote_xml([Reference(replace(ARTICLE, title="a\x00b\ufffe < c"))]))

    record = etree.fromstring(text.encode()).find("records/record")

    assert record is not None
    assert record.findtext("titles/title/style") == "ab < c"
    assert [kind.get("name") for kind in record.iter("ref-type")] == ["Journal Article"]
    assert len(record.findall("contributors/authors/author")) == 4


def test_keys_of_bibtex_are_all_different() -> None:
    text = "".join(write_bibtex([Reference(ARTICLE)] * 3))

    keys = [line.split("{")[1] for line in text.splitlines() if line.startswith("@")]

    assert len(set(keys)) == 3
    assert keys[0].startswith("mullerludenscheidt2019effect")


def test_a_workbook_runs_no_formula_and_says_where_a_cell_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    hostile = replace(ARTICLE, title='=HYPERLINK("http://example.org")', abstract="x" * (CELL_LENGTH + 5))

    write_xlsx([Reference(hostile)], path)
    sheet = load_workbook(path).worksheets[0]

    title, abstract = sheet.cell(2, 1), str(sheet.cell(2, 15).value)
    assert (title.value, title.data_type) == (hostile.title, "s")
    assert len(abstract) == CELL_LENGTH
    assert "the CSV file has the whole" in abstract


def test_a_list_without_references_is_a_file_all_the_same(tmp_path: Path) -> None:
    assert write_xlsx([], tmp_path / "none.xlsx") == 0
    assert etree.fromstring("".join(write_endnote_xml([])).encode()).tag == "xml"
    assert "".join(write_csv([])).startswith("title,authors,")


@pytest.mark.parametrize(
    ("said", "ris", "bibtex", "endnote"),
    [
        ("Meeting Abstract", "ABST", "inproceedings", "Conference Proceedings"),
        ("Book Chapter", "CHAP", "incollection", "Book Section"),
        ("Preprint", "UNPB", "unpublished", "Unpublished Work"),
        ("Trial Registration", "ELEC", "misc", "Web Page"),
        ("Randomized Controlled Trial", "JOUR", "article", "Journal Article"),
    ],
)
def test_a_kind_of_work_is_the_same_in_every_format(said: str, ris: str, bibtex: str, endnote: str) -> None:
    work = [Reference(replace(ARTICLE, publication_types=(said,)))]

    assert next(write_ris(work)).startswith(f"TY  - {ris}\r\n")
    assert next(write_bibtex(work)).startswith(f"@{bibtex}{{")
    assert f'<ref-type name="{endnote}">' in "".join(write_endnote_xml(work))
