"""What a machine merges, what it asks, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.dedupe import Entry, KeyIndex, block, clusters, entry, find, judge, keys_of
from reviews.formats import ParsedRecord, read
from tests.reviews.dedupe.scoring import Score, score

ARTICLE = ParsedRecord(
    external_id="",
    title="Drug alpha for marsh fever in adults: a randomised trial",
    abstract="",
    authors=("Berg, Anna", "Holm, Lars"),
    year=2020,
    journal="American Journal of Fever",
    volume="12",
    issue="3",
    pages="101-110",
    doi="",
    pmid="",
    language="",
    publication_types=("Journal Article",),
    keywords=(),
    url="",
    raw="",
    row=1,
)


def _verdict(one: ParsedRecord, other: ParsedRecord) -> tuple[str, str]:
    forward, backward = judge(entry(1, one), entry(2, other)), judge(entry(2, other), entry(1, one))
    assert (forward.kind, forward.rule, forward.score) == (backward.kind, backward.rule, backward.score)
    return forward.kind, forward.rule


def test_the_same_pmid_merges_even_when_the_title_was_revised() -> None:
    one = replace(ARTICLE, pmid="123")
    other = replace(one, title="Retracted: " + ARTICLE.title, publication_types=("Retracted Publication",))

    assert _verdict(one, other) == ("same", "same_pmid")


def test_the_same_pmid_on_another_work_is_a_question() -> None:
    one = replace(ARTICLE, pmid="123")
    other = replace(one, title="Bridges of the north", authors=("Lund, Per",), year=1999, pages="7")

    assert _verdict(one, other)[0] != "same"


def test_the_same_doi_with_a_similar_title_merges() -> None:
    one = replace(ARTICLE, doi="10.1000/a")
    other = replace(
        one, title="Drug alpha for marsh fever in adults: a randomized trial.", journal="", volume=""
    )

    assert _verdict(one, other) == ("same", "same_doi")


def test_the_same_doi_with_the_subtitle_cut_off_merges() -> None:
    one = replace(ARTICLE, doi="10.1000/a")

    assert _verdict(one, replace(one, title="Drug alpha for marsh fever in adults")) == ("same", "same_doi")


def test_the_doi_of_a_whole_supplement_does_not_merge_its_abstracts() -> None:
    one = replace(ARTICLE, doi="10.1000/suppl", title="Abstract of a study on amber anaemia")
    other = replace(
        one, title="Slow sleep and what follows in the elderly", authors=("Lund, Per",), pages="9"
    )

    assert _verdict(one, other)[0] == "different"


def test_titles_that_differ_in_a_number_only_do_not_merge_by_doi() -> None:
    one = replace(ARTICLE, doi="10.1000/a", title="Care of marsh fever in adults, part 1")

    assert _verdict(one, replace(one, title="Care of marsh fever in adults, part 2"))[0] == "likely"


def test_the_same_reference_merges_across_styles_of_name_and_journal() -> None:
    other = replace(
        ARTICLE,
        title="DRUG ALPHA FOR MARSH FEVER IN ADULTS - A RANDOMISED TRIAL.",
        authors=("Berg A.",),
        journal="Am J Fever",
        pages="1-4",
    )

    assert _verdict(ARTICLE, other) == ("same", "same_reference")


@pytest.mark.parametrize(
    "change",
    [{"year": 2021}, {"volume": "13"}, {"volume": ""}, {"journal": "Lancet"}, {"authors": ("Berglund A",)}],
    ids=str,
)
def test_a_reference_that_differs_in_one_part_is_not_merged(change: dict[str, object]) -> None:
    other = replace(ARTICLE, **change)  # type: ignore[arg-type]  # one field at a time

    assert _verdict(ARTICLE, other)[0] != "same"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Erratum to: " + ARTICLE.title, "pages": "300"},
        {"title": "Correction: " + ARTICLE.title},
        {"title": "Reply to: " + ARTICLE.title},
        {"title": "Comment on " + ARTICLE.title},
        {"publication_types": ("Letter",)},
        {"publication_types": ("Published Erratum",)},
        {"publication_types": ("Meeting Abstract",)},
        {"journal": "medRxiv", "volume": ""},
        {"publication_types": ("Preprint",)},
        {"issue": "Suppl 1", "pages": "S44"},
    ],
    ids=str,
)
def test_what_only_belongs_to_an_article_is_a_question(change: dict[str, object]) -> None:
    other = replace(ARTICLE, **change)  # type: ignore[arg-type]  # one or two fields at a time

    assert _verdict(ARTICLE, other) == ("likely", "other_kind")


def test_a_preprint_is_a_question_even_under_the_same_doi() -> None:
    one = replace(ARTICLE, doi="10.1000/a")

    assert _verdict(one, replace(one, publication_types=("Preprint",)))[0] == "likely"


def test_two_pmids_never_merge_by_themselves() -> None:
    one, other = replace(ARTICLE, pmid="1", doi="10.1000/a"), replace(ARTICLE, pmid="2", doi="10.1000/a")

    assert _verdict(one, other) == ("likely", "other_pmid")


def test_two_dois_never_merge_by_themselves() -> None:
    assert _verdict(replace(ARTICLE, doi="10.1000/a"), replace(ARTICLE, doi="10.1000/a.pub2")) == (
        "likely",
        "other_doi",
    )


def test_short_titles_merge_only_on_the_same_page() -> None:
    one = replace(ARTICLE, title="Marsh fever")

    assert _verdict(one, replace(one, pages="55"))[0] != "same"
    assert _verdict(one, one) == ("same", "same_reference")


def test_records_without_anything_in_common_are_different() -> None:
    other = replace(
        ARTICLE, title="Bridges of the north", authors=("Lund, Per",), year=1999, pages="7", volume="1"
    )

    assert _verdict(ARTICLE, other) == ("different", "unlike")


def test_evidence_says_what_agreed() -> None:
    verdict = judge(entry(1, ARTICLE), entry(2, replace(ARTICLE, pages="1-4")))

    assert verdict.evidence == {
        "title": 1.0,
        "author": True,
        "year": 0,
        "journal": True,
        "volume": True,
        "page": False,
        "doi": None,
        "pmid": None,
        "marks": "",
    }


def test_new_records_are_compared_with_the_index_and_with_each_other() -> None:
    index = KeyIndex([entry(1, ARTICLE)])
    new = [entry(2, ARTICLE), entry(3, replace(ARTICLE, title="Bridges of the north and their builders"))]

    matches = find([*new, entry(4, ARTICLE)], index)

    assert [(m.first, m.second) for m in matches if m.verdict.kind == "same"] == [(1, 2), (1, 4), (2, 4)]
    assert {other.key for other in index.candidates(entry(9, ARTICLE))} >= {1, 2, 4}


def test_a_record_without_pmid_does_not_chain_two_pmids_together() -> None:
    entries = [entry(1, replace(ARTICLE, pmid="1")), entry(2, ARTICLE), entry(3, replace(ARTICLE, pmid="2"))]

    assert clusters(entries, find(entries, KeyIndex())) == [[1, 2]]


def test_a_crowded_block_is_skipped_but_not_for_identifiers() -> None:
    crowd = [entry(n, replace(ARTICLE, title=f"Editorial view of marsh {n}", pmid="77")) for n in range(150)]
    index = KeyIndex(crowd)

    assert len(index.candidates(entry(999, replace(ARTICLE, pmid="77")))) == 150
    assert index.candidates(entry(999, replace(ARTICLE, title="Editorial view of marsh 200"))) == []


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=15), st.text(max_size=15))
def test_a_record_is_never_different_from_itself_once_it_has_a_real_title(
    title: str, author: str, volume: str, pages: str
) -> None:
    record = replace(ARTICLE, title=f"On marsh fever {title}", authors=(author,), volume=volume, pages=pages)
    one, other = entry(1, record), entry(2, record)

    assert judge(one, other).kind in ("same", "likely")
    assert list(block([one, other])) == [(one, other)]
    assert all(len(key) <= 130 for key in keys_of(one))


@pytest.mark.shared
def test_the_two_repeated_references_of_the_car_t_review_merge(shared_dir: Path) -> None:
    with (shared_dir / "data/cart-all/references.csv").open("rb") as stream:
        records = [item for item in read(stream, name="references.csv") if isinstance(item, ParsedRecord)]
    numbers = [record.raw.split(",")[0] for record in records]
    entries: list[Entry] = [
        entry(int(number), record) for number, record in zip(numbers, records, strict=True)
    ]

    matches = find(entries, KeyIndex())

    assert [(m.first, m.second, m.verdict.kind, m.verdict.rule) for m in matches] == [
        (20, 26, "same", "same_reference"),
        (17, 29, "same", "same_reference"),
    ]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stroke", Score(removed=286, lost=0, left=28, suggested=27, suggestions=85)),
        ("haematology", Score(removed=87, lost=0, left=48, suggested=41, suggestions=96)),
        ("neuroimaging", Score(removed=1231, lost=0, left=68, suggested=67, suggestions=136)),
    ],
)
def test_labelled_sets_lose_no_study(shared_dir: Path, name: str, expected: Score) -> None:
    found = score(shared_dir / "data/ingest/dedup" / name)
    redundant = found.removed + found.left
    print(
        f"{name}: automatic sensitivity {found.removed / redundant:.3f}, with suggestions "
        f"{(found.removed + found.suggested) / redundant:.3f}, studies lost {found.lost}"
    )

    assert found == expected
