"""RIS that people, mailers and word processors changed on its way."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from reviews.formats import ParsedRecord, RowProblem, UnknownFormat, read, sniff

RECORD = """TY  - JOUR
TI  - Drug alpha for marsh fever
AU  - Berg, Anna
AU  - Holm, Lars
PY  - 2020/03/01/
T2  - Journal of Fever
SP  - 101
EP  - 110
DO  - 10.5555/abc.1
AB  - First line about in-patients
of a trial - and its second line
is – or was - cut.
KW  - fever
ER  -
"""


def _read(text: str) -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(text.encode()), name="file.txt"))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def _small(text: str) -> str:
    return "".join(
        line[:2].lower() + line[2:] if line[2:5] == "  -" else line for line in text.splitlines(True)
    )


def _dashed(dash: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        return text.replace("  - ", f"  {dash} ").replace("ER  -", f"ER  {dash}")

    return change


_CHANGES: dict[str, Callable[[str], str]] = {
    "indented": _indented,
    "indented by tabs": lambda text: "".join(f"\t\t{line}\n" for line in text.splitlines()),
    "small": _small,
    "en dash": _dashed("–"),
    "em dash": _dashed("—"),
    "minus": _dashed("\u2212"),
    "one space": lambda text: _dashed("–")(text).replace("  –", " –"),
    "small with em dash": lambda text: _small(text).replace("  - ", "  — ").replace("er  -", "er  —"),
    "all of it": lambda text: _indented(_small(text).replace("  - ", "  – ").replace("er  -", "er  – ")),
}


@pytest.mark.parametrize("change", _CHANGES.values(), ids=list(_CHANGES))
def test_what_a_word_processor_made_of_it_is_read_as_what_it_was(change: Callable[[str], str]) -> None:
    text = change(RECORD)

    records, problems = _read(text + "\n" + text)

    assert problems == []
    assert len(records) == 2
    for record in records:
        assert (record.title, record.authors, record.year, record.journal, record.pages, record.doi) == (
            "Drug alpha for marsh fever",
            ("Berg, Anna", "Holm, Lars"),
            2020,
            "Journal of Fever",
            "101-110",
            "10.5555/abc.1",
        )
        assert record.abstract == (
            "First line about in-patients of a trial - and its second line is – or was - cut."
        )
        assert (record.keywords, record.publication_types) == (("fever",), ("Journal Article",))
    assert records[0].raw == text.rstrip("\n")


def test_single_lines_with_another_dash_are_no_part_of_the_field_above() -> None:
    (record,), problems = _read(RECORD.replace("AU  - Holm", "AU  – Holm").replace("PY  -", "PY  –"))

    assert (record.authors, record.year, problems) == (("Berg, Anna", "Holm, Lars"), 2020, [])


def test_a_changed_record_without_end_is_told_as_any_other() -> None:
    records, problems = _read(_indented(RECORD.replace("ER  -\n", "") + RECORD))

    assert len(records) == 2
    assert [(p.row, p.code) for p in problems] == [(1, "missing_end")]


def test_changed_and_unchanged_records_may_stand_in_one_file() -> None:
    records, problems = _read(RECORD + _small(RECORD) + _dashed("–")(RECORD) + RECORD + _indented(RECORD))

    assert [record.title for record in records] == ["Drug alpha for marsh fever"] * 5
    assert problems == []


@pytest.mark.parametrize(
    "prose",
    [
        "to  - and fro",
        "in - vitro",
        "ti  - in small letters",
        "  TI  - indented",
        "ty  - as this",
        "DM – diabetes",
        "ab – c",
    ],
)
def test_records_that_keep_the_rule_are_read_by_the_rule_alone(prose: str) -> None:
    (record,), problems = _read(RECORD.replace("is – or was - cut.", prose))

    assert record.title == "Drug alpha for marsh fever"
    assert problems == []
    assert record.abstract.endswith(f"second line {prose.strip()}".replace("  ", " "))


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ty - thank you for the list.",
        "Type - JOUR",
        "ty",
        "In - and out - of prose",
        "TY – see below, p. 3",
    ],
)
def test_prose_is_no_ris(text: str) -> None:
    with pytest.raises(UnknownFormat, match="plain text"):
        sniff("mail.txt", text.encode())
