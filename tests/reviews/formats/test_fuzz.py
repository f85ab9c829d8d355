"""Spoiled files end in records, in problems or in a sentence, and in nothing else.

PERENNIAL_FUZZ=20 runs twenty times as many inputs.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.formats import ParsedRecord, RowProblem, UnknownFormat, UnreadableFile, read
from reviews.formats.text import lines
from tests.reviews.formats import hostile

TIMES = int(os.environ.get("PERENNIAL_FUZZ", "1"))
_TEXT = st.text(
    st.characters(codec="utf-8") | st.sampled_from(list("{}\\\"%$&@#<>\n\r\t,;=-' ")), max_size=40
)
_TAGS = ("TY", "TI", "AU", "ER", "PMID", "FAU", "SO", "PT", "EF", "PY", "AB", "DO", "ID", "KW", "FN")
# Headers, also spoiled ones: they name the format and its columns, and belong to no record.
_HEADS = ("FN ", "VR ", "EF", "Title,")
_HEADER_END = ("PubMed ID,Abstract", "Journal", "PubMed ID")
_PIECES: dict[str, st.SearchStrategy[str]] = {
    "a.ris": st.builds("{}  - {}\n".format, st.sampled_from(_TAGS), _TEXT),
    "a.nbib": st.builds("{:<4}- {}\n".format, st.sampled_from(_TAGS), _TEXT),
    "a.ciw": st.builds("{} {}\n".format, st.sampled_from(_TAGS), _TEXT),
    "a.enw": st.builds("%{} {}\n".format, st.sampled_from(list("0ATJDXKMR~?9")), _TEXT),
    "a.bib": st.one_of(
        st.builds("@{}{{{},\n".format, st.sampled_from(["article", "string", "comment"]), _TEXT),
        st.builds("{} = {{{}}},\n".format, st.sampled_from(["title", "author", "year", "doi"]), _TEXT),
        st.builds('{} = "{}" # {}\n'.format, st.sampled_from(["title", "abstract"]), _TEXT, _TEXT),
        st.just("}\n"),
    ),
    "a.csv": st.builds("{},{},{}\n".format, _TEXT, _TEXT, _TEXT),
    "a.xml": st.one_of(
        st.builds("<record><titles><title>{}</title></titles></record>".format, _TEXT),
        st.builds(
            "<{}>{}".format, st.sampled_from(["record", "/record", "title", "!--", "?x", "![CDATA["]), _TEXT
        ),
    ),
    "pubmed.xml": st.builds(
        "<PubmedArticle><MedlineCitation><PMID>{}</PMID><Article><ArticleTitle>{}</ArticleTitle>".format,
        _TEXT,
        _TEXT,
    ),
}
_BEGINNINGS = {
    "a.ris": "TY  - JOUR\n",
    "a.nbib": "PMID- 1\n",
    "a.ciw": "FN x\nVR 1.0\nPT J\n",
    "a.enw": "%0 Book\n",
    "a.bib": "@article{a,\n",
    "a.csv": "title,doi,authors\n",
    "a.xml": "<xml><records>",
    "pubmed.xml": "<PubmedArticleSet>",
}


def _texts(item: ParsedRecord | RowProblem) -> Iterator[str]:
    for each in fields(item):
        value = getattr(item, each.name)
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from (str(part) for part in value)


def _check(data: bytes, name: str) -> list[ParsedRecord | RowProblem]:
    """Read what may be anything; what comes out can be stored, and each record comes once."""
    try:
        items = list(read(io.BytesIO(data), name=name))
    except (UnknownFormat, UnreadableFile):
        return []
    assert items
    rows = [item.row for item in items if isinstance(item, ParsedRecord)]
    assert rows == sorted(set(rows))
    for item in items:
        assert item.row >= 1
        for text in _texts(item):
            text.encode()
            assert "\x00" not in text
    return items


@pytest.mark.parametrize("part", range(8))
def test_spoiled_files_of_every_format_are_survived(part: int) -> None:
    files = hostile.seeds()

    for number in range(part * 1_000_000, part * 1_000_000 + 250 * TIMES):
        name, data = hostile.spoiled(random.Random(number), files)
        _check(data, name)


@pytest.mark.shared
def test_spoiled_files_of_the_corpora_are_survived(shared_dir: Path) -> None:
    files = hostile.corpus(shared_dir / "data/ingest", largest=8_000)

    for number in range(600 * TIMES):
        name, data = hostile.spoiled(random.Random(number), files)
        _check(data, name)


@pytest.mark.parametrize("name", _PIECES)
def test_made_up_files_are_survived(name: str) -> None:
    @settings(max_examples=100 * TIMES, deadline=None)
    @given(pieces=st.lists(_PIECES[name], max_size=12), end=st.binary(max_size=6))
    def survive(pieces: list[str], end: bytes) -> None:
        text = _BEGINNINGS[name] + "".join(pieces)
        _check(text.encode("utf-8", errors="surrogatepass") + end, name)

    survive()


@pytest.mark.parametrize("name", ["a.nbib", "a.ciw", "a.csv", "a.enw"])
def test_no_line_is_passed_over_in_silence(name: str) -> None:
    """Every line is in the source of a record or in a problem; only headers of vendors are in neither."""
    seed = hostile.seeds()[name]

    for number in range(200 * TIMES):
        chance = random.Random(number)
        data = chance.choice(hostile.BY_LINE)(chance, seed, [seed])
        items = _check(data, name)
        said = " ".join(" ".join(_source(item).split()) for item in items)
        for line in lines(io.BytesIO(data)) if items else ():
            words = " ".join(line.split())[:100]
            is_header = f"{words} ".startswith(_HEADS) or words.endswith(_HEADER_END)
            assert words in said or is_header, (number, line)


def _source(item: ParsedRecord | RowProblem) -> str:
    return item.raw if isinstance(item, ParsedRecord) else item.detail
