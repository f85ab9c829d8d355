"""Encodings and line ends, found out from the text itself."""

from __future__ import annotations

import io

import pytest

from reviews.formats import inspect
from reviews.formats.text import Lines

WORDS = {
    "cp1252": "Müller, Jürgen; Garçon, François; “quoted” – dash; Señor Núñez; naïve café; 5 ± 2 µg",
    "mac_roman": "Müller, Jürgen; Garçon, François; “quoted” – dash; Señor Núñez; naïve café; Köln",
    "cp1250": "Wałęsa, Lech; Święcicki, Łukasz; źródło wiedzy; ćwiczenie; żółć; gorączka u dorosłych",
    "iso8859_2": "Wałęsa, Lech; Święcicki, Łukasz; źródło wiedzy; ćwiczenie; żółć; gorączka u dorosłych",
    "cp1251": "Эффективность препарата при лихорадке у взрослых. Исследование показало хорошие результаты",
    "koi8_r": "Эффективность препарата при лихорадке у взрослых. Исследование показало хорошие результаты",
    "gb18030": "随机对照试验 研究 药物 在 成人 发热 中 的 疗效 和 安全性 观察 中国 临床",
    "cp932": "成人の発熱に対する薬剤アルファの有効性を検討したランダム化比較試験について",
    "cp949": "성인 발열 환자에서 알파 약물의 효과에 대한 무작위 대조 시험",
}
WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig")
RECORD = "TY  - JOUR\nTI  - {}\nAU  - Berg, Anna\nER  - \n"


@pytest.mark.parametrize("encoding", WORDS)
def test_old_encodings_are_found_out(encoding: str) -> None:
    words = WORDS[encoding]
    data = (RECORD.format(words) * 3).encode(encoding)

    found = inspect(io.BytesIO(data), "export.ris")

    assert (found.sample[0].title, found.encoding, found.problem_counts) == (words, encoding, {})


@pytest.mark.parametrize("encoding", WIDE)
def test_unicode_is_found_out_with_and_without_mark(encoding: str) -> None:
    data = RECORD.format("Børg’s fever").encode(encoding)

    found = inspect(io.BytesIO(data), "export.ris")

    assert [record.title for record in found.sample] == ["Børg’s fever"]
    assert found.encoding == encoding.removesuffix("-sig")


def test_one_bad_byte_leaves_the_rest_of_its_line_alone() -> None:
    data = RECORD.format("Løvø, Åse and Gar@on").encode().replace(b"@", b"\xe7")

    found = inspect(io.BytesIO(data), "export.ris")

    assert found.sample[0].title == "Løvø, Åse and Garçon"


def test_files_put_together_are_read_line_by_line() -> None:
    data = RECORD.format("Børg").encode() + RECORD.format("Børg").encode("cp1252")

    found = inspect(io.BytesIO(data), "export.ris")

    assert [record.title for record in found.sample] == ["Børg", "Børg"]
    assert found.encoding == "utf-8 and cp1252"


def test_the_old_encoding_may_begin_late() -> None:
    data = RECORD.format("plain").encode() * 3_000 + (RECORD.format(WORDS["mac_roman"]) * 3).encode(
        "mac_roman"
    )

    lines = Lines(io.BytesIO(data))

    assert WORDS["mac_roman"] in "\n".join(lines)
    assert lines.encoding == "mac_roman"


@pytest.mark.parametrize(
    ("end", "name"), [("\n", "LF"), ("\r\n", "CRLF"), ("\r", "CR"), ("\r\n\n\r", "CR and CRLF and LF")]
)
def test_line_ends_are_named(end: str, name: str) -> None:
    found = inspect(io.BytesIO(RECORD.format("a").replace("\n", end).encode()), "export.ris")

    assert (found.records, found.line_ends) == (1, name)


def test_half_a_pair_and_controls_never_come_through() -> None:
    data = RECORD.format("a\x00b\x1bc").encode() + b"TY  - JOUR\nTI  - d\xed\xa0\x80e\nER  - \n"

    found = inspect(io.BytesIO(data), "export.ris")

    assert found.sample[0].title == "abc"
    found.sample[1].title.encode()


@pytest.mark.parametrize("year", ["0", "99999", "-1", "20201", "MMXX"])
def test_a_year_beyond_all_measure_is_none(year: str) -> None:
    found = inspect(io.BytesIO(f"title,year\nFever,{year}\n".encode()), "table.csv")

    assert found.sample[0].year is None


def test_values_beyond_all_measure_are_read() -> None:
    authors = "".join(f"AU  - Berg, Anna {number}\n" for number in range(10_000))
    data = RECORD.format("Fever").replace(
        "ER  -", f"{authors}AB  - {'word ' * 1_000_000}\nVL  - {'9' * 9_999}\nER  -"
    )

    found = inspect(io.BytesIO(data.encode()), "export.ris")

    (record,) = found.sample
    assert (len(record.authors), len(record.abstract), len(record.volume)) == (10_001, 4_999_999, 9_999)


def test_repeats_are_counted_and_problems_bounded() -> None:
    data = RECORD.replace("TI  - {}\n", "").encode() * 40 + RECORD.format("Fever").encode()

    found = inspect(io.BytesIO(data), "export.ris", problems=5)

    assert (found.records, found.repeats, found.repeats_complete) == (41, 39, True)
    assert (len(found.problems), found.problem_counts, found.rows_with_problems) == (5, {"no_title": 40}, 40)
