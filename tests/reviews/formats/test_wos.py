"""Web of Science's text."""

from __future__ import annotations

import io

from reviews.formats import ParsedRecord, RowProblem, read
from tests.reviews.formats.hostile import WOS


def _read(text: str) -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(text.encode()), name="savedrecs.ciw"))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


def test_a_record_is_read_with_its_wrapped_lines() -> None:
    (first, second), problems = _read(WOS)

    assert problems == []
    assert (first.title, first.authors) == ("Drug alpha for marsh fever", ("Berg, Anna", "Holm, Lars"))
    assert (first.abstract, first.keywords) == ("One, two and three.", ("fever", "marsh"))
    assert (first.year, first.journal, first.volume, first.pages) == (
        2020, "JOURNAL OF FEVER", "12", "101-110",
    )  # fmt: skip
    assert (first.doi, first.pmid, first.external_id) == ("10.5555/alpha.1", "123456", "123456")
    assert (second.external_id, second.authors) == ("WOS:000002", ("Lund, P",))
    assert first.raw.startswith("PT J\nAU Berg")


def test_a_missing_end_and_a_cut_are_reported() -> None:
    records, problems = _read(WOS.replace("PM 123456\nER\n", "PM 123456\n")[: WOS.rindex("UT WOS")])

    assert [record.title for record in records] == ["Drug alpha for marsh fever", "Marsh and malaria"]
    assert [(p.row, p.code) for p in problems] == [(1, "missing_end"), (2, "truncated")]


def test_the_number_of_an_article_stands_for_its_pages() -> None:
    (first, _), _ = _read(WOS.replace("BP 101\nEP 110", "AR UNSP 77"))

    assert first.pages == "77"


def test_text_between_records_is_named() -> None:
    _, problems = _read(WOS.replace("ER\n\nPT J\nAU Lund", "ER\n\nlost words\nPT J\nAU Lund"))

    assert [(p.row, p.code, p.detail, p.kept) for p in problems] == [(1, "stray_text", "lost words", False)]


def test_tab_separated_records_are_never_quoted() -> None:
    text = (
        "PT\tAU\tTI\tPY\tUT\n"
        'J\tBerg, A; Holm, L\t"Fever" of marsh\t2020\tWOS:1\n'
        'J\tLund, P\t"Open\t1999\tWOS:2\n'
    )

    records, problems = _read(text)

    assert [(r.title, r.authors[0], r.external_id) for r in records] == [
        ('"Fever" of marsh', "Berg, A", "WOS:1"),
        ('"Open', "Lund, P", "WOS:2"),
    ]
    assert problems == []
