"""What a machine merges, what it asks, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.dedupe import BULK_ACCEPT, Verdict, contradicts, entry, judge
from tests.reviews.dedupe.examples import ARTICLE, verdict

LONG = "Drug alpha for marsh fever in adults of northern regions: a randomised trial of two doses"
ABSTRACT = replace(ARTICLE, title=LONG, journal="Journal of Fevers", volume="7", issue="", pages="S12-S12")


def test_the_same_pmid_merges_even_when_the_title_was_revised() -> None:
    one = replace(ARTICLE, pmid="123")
    other = replace(one, title="Retracted: " + ARTICLE.title, publication_types=("Retracted Publication",))

    assert verdict(one, other) == ("same", "same_pmid")


def test_the_same_pmid_merges_a_translated_title_of_the_same_author() -> None:
    one = replace(ARTICLE, pmid="123")

    assert verdict(one, replace(one, title="Alphawirkstoff bei Sumpffieber")) == ("same", "same_pmid")


def test_the_same_pmid_on_another_work_is_left_alone() -> None:
    one = replace(ARTICLE, pmid="123")
    other = replace(one, title="Bridges of the north", authors=("Lund, Per",), year=1999, pages="7")

    assert verdict(one, other)[0] != "same"


def test_the_same_doi_with_a_similar_title_merges() -> None:
    one = replace(ARTICLE, doi="10.1000/a")
    other = replace(
        one, title="Drug alpha for marsh fever in adults: a randomized trial.", journal="", volume=""
    )

    assert verdict(one, other) == ("same", "same_doi")


def test_the_same_doi_with_the_subtitle_cut_off_merges() -> None:
    one = replace(ARTICLE, doi="10.1000/a")

    assert verdict(one, replace(one, title="Drug alpha for marsh fever in adults")) == ("same", "same_doi")


def test_the_doi_of_a_whole_supplement_does_not_merge_its_abstracts() -> None:
    one = replace(ARTICLE, doi="10.1000/suppl", title="Abstract of a study on amber anaemia")
    other = replace(
        one, title="Slow sleep and what follows in the elderly", authors=("Lund, Per",), pages="9"
    )

    assert verdict(one, other)[0] != "same"


def test_the_doi_of_a_supplement_does_not_merge_twins_on_other_pages() -> None:
    one = replace(ARTICLE, doi="10.1000/suppl", title="Onset of asthma in children of smokers", pages="S1")
    other = replace(one, title="Onset of rhinitis in children of smokers", pages="S2")

    assert verdict(one, other)[0] != "same"


def test_a_doi_that_an_abstract_took_from_its_article_does_not_merge_them() -> None:
    one = replace(ARTICLE, doi="10.1000/a")
    other = replace(one, journal="Annals of Chills", volume="138", issue="Suppl 1", pages="366")

    assert verdict(one, other) == ("related", "other_place")


def test_titles_that_differ_in_a_number_only_do_not_merge_by_doi() -> None:
    one = replace(ARTICLE, doi="10.1000/a", title="Care of marsh fever in adults, part 1")

    assert verdict(one, replace(one, title="Care of marsh fever in adults, part 2"))[0] == "likely"


@pytest.mark.parametrize(
    "change",
    [
        {
            "title": "DRUG ALPHA FOR MARSH FEVER IN ADULTS - A RANDOMISED TRIAL.",
            "authors": ("Berg A.",),
            "journal": "Am J Fever",
            "pages": "101",
        },
        {"title": "Drug alpha for marsh fever in adults: a randomized trial", "pages": "101-10"},
        {"title": ARTICLE.title + ".[Erratum appears in Am J Fever. 2021;13:5]"},
        {"title": f"[{ARTICLE.title}]. [Danish]", "journal": "American Journal of Fever (00392499)"},
        {"title": ARTICLE.title.replace("marsh", "ma<sup>r</sup>sh").replace(":", " &amp;ndash;")},
        {"authors": ("Anna, Berg", "Lars, Holm"), "issue": "Pt 3"},
        {"authors": ("Berg A.Holm L.",), "pages": "", "issue": ""},
        {"authors": ("BÃ©rg, A.", "Holm, L.")},
        {"year": 2021},
        {"year": None},
        {"volume": ""},
        {"volume": "12 (3) (no pagination)", "issue": ""},
        {"volume": "", "issue": "", "pages": ""},
        {"journal": ""},
        {"journal": "American Journal of Fever; the journal of the Fever Society"},
    ],
    ids=str,
)
def test_what_exports_do_to_a_reference_does_not_hide_it(change: dict[str, object]) -> None:
    other = replace(ARTICLE, **change)  # type: ignore[arg-type]  # some fields at a time

    assert verdict(ARTICLE, other)[0] == "same"


@pytest.mark.parametrize(
    "change",
    [
        {"year": 2022, "pages": "101"},
        {"year": 2022, "volume": ""},
        {"volume": "13"},
        {"journal": "Lancet", "pages": "7-9"},
        {"journal": "Lancet", "volume": ""},
        {"authors": ("Berglund A",)},
        {"issue": "9", "pages": "301-310"},
        {"pages": "301-310"},
        {"title": "Drug alpha for marsh fever in children: a randomised trial", "pages": "110-119"},
        {"title": "Drug alpha for marsh fever in adults: a randomised trial 2", "pages": "111-119"},
    ],
    ids=str,
)
def test_a_reference_that_contradicts_in_one_part_is_not_merged(change: dict[str, object]) -> None:
    other = replace(ARTICLE, **change)  # type: ignore[arg-type]  # one field at a time

    assert verdict(ARTICLE, other)[0] != "same"


@pytest.mark.parametrize(
    ("change", "relation"),
    [
        ({"title": "Erratum to: " + ARTICLE.title, "pages": "300"}, "correction"),
        ({"title": "Correction: " + ARTICLE.title}, "correction"),
        ({"title": ARTICLE.title + " (vol 12, pg 101, 2020)", "pages": "300"}, "correction"),
        ({"publication_types": ("Published Erratum",)}, "correction"),
        ({"title": "Retraction: " + ARTICLE.title, "pages": "2"}, "correction"),
        ({"title": "Reply to: " + ARTICLE.title}, "comment"),
        ({"title": "Comment on " + ARTICLE.title}, "comment"),
        ({"publication_types": ("Letter",), "pages": "300"}, "comment"),
        ({"publication_types": ("Meeting Abstract",)}, "abstract"),
        ({"journal": "Fever Annals", "volume": "3", "issue": "Suppl 1", "pages": "S44"}, "abstract"),
        ({"journal": "medRxiv", "volume": ""}, "preprint"),
        ({"publication_types": ("Preprint",)}, "preprint"),
        ({"doi": "10.1101/2020.01.02.20000001", "journal": "", "volume": "", "pages": ""}, "preprint"),
        ({"journal": "Annals of Chills", "volume": "3", "pages": "7-19"}, "same_study"),
        ({"issue": "9", "pages": "301-310"}, "same_study"),
    ],
    ids=str,
)
def test_another_report_of_the_study_is_a_relation(change: dict[str, object], relation: str) -> None:
    other = replace(ARTICLE, **change)  # type: ignore[arg-type]  # some fields at a time

    found = judge(entry(1, ARTICLE), entry(2, other))

    assert found is not None
    assert (found.kind, found.relation) == ("related", relation)


def test_a_preprint_is_a_relation_even_under_the_same_doi() -> None:
    one = replace(ARTICLE, doi="10.1000/a")

    assert verdict(one, replace(one, publication_types=("Preprint",)))[0] == "related"


@pytest.mark.parametrize("label", ["Letter", "Editorial", "Conference Paper", "Comment"])
def test_labels_of_databases_for_one_text_in_one_place_do_not_keep_it_apart(label: str) -> None:
    assert verdict(ARTICLE, replace(ARTICLE, publication_types=(label,))) == ("same", "same_reference")


def test_two_pmids_never_merge_by_themselves() -> None:
    one, other = replace(ARTICLE, pmid="1", doi="10.1000/a"), replace(ARTICLE, pmid="2", doi="10.1000/a")

    assert verdict(one, other)[0] != "same"
    assert verdict(one, other)[1] == "other_pmid"


def test_versions_of_a_doi_never_merge_by_themselves() -> None:
    assert verdict(replace(ARTICLE, doi="10.1000/a"), replace(ARTICLE, doi="10.1000/a.pub2")) == (
        "likely",
        "other_doi",
    )


def test_two_dois_of_one_page_are_one_text_that_was_registered_twice() -> None:
    one, other = replace(ARTICLE, doi="10.1046/j.1365"), replace(ARTICLE, doi="10.1111/j.1365")

    assert verdict(one, other) == ("same", "same_reference")
    assert verdict(one, replace(other, pages="")) == ("likely", "other_doi")


def test_an_update_of_a_cochrane_review_is_a_relation() -> None:
    one = replace(
        ARTICLE, journal="Cochrane Database of Systematic Reviews", volume="", issue="7", pages="CD001234"
    )

    assert verdict(one, replace(one, pages="")) == ("same", "same_reference")
    assert verdict(one, replace(one, year=2021, issue="2")) == ("related", "other_version")


def test_short_titles_merge_only_on_the_same_page() -> None:
    one = replace(ARTICLE, title="Marsh fever")

    assert verdict(one, replace(one, pages="55"))[0] != "same"
    assert verdict(one, one) == ("same", "same_place")


def test_a_column_of_the_same_name_is_not_merged_with_its_next_issue() -> None:
    one = replace(ARTICLE, title="Gateways to clinical trials", pages="3-9")

    assert verdict(one, replace(one, issue="4"))[0] != "same"
    assert verdict(one, replace(one, year=2021, volume="13"))[0] != "same"


@pytest.mark.parametrize("change", [{"issue": "4", "pages": "3-9"}, {"doi": "10.1000/a.pub2"}], ids=str)
def test_what_a_contradiction_keeps_apart_is_not_accepted_in_bulk(change: dict[str, object]) -> None:
    one = replace(ARTICLE, doi="10.1000/a", pages="3-9", title="Gateways to clinical trials of the year")
    other = replace(one, **{"doi": "", **change})  # type: ignore[arg-type]  # some fields at a time

    found = judge(entry(1, one), entry(2, other))

    assert found is not None
    assert found.kind == "likely"
    assert found.score < BULK_ACCEPT


def test_a_book_is_found_under_its_title_and_under_its_series() -> None:
    one = replace(ARTICLE, journal="Fevers: Basic Principles and New Tools", issue="")

    assert verdict(one, replace(one, journal="Annals of the Northern Academy")) == ("same", "same_place")


def test_titles_that_two_databases_translated_merge_on_the_same_pages() -> None:
    one = replace(ARTICLE, title="Indications of alpha for living kidney donation. [Spanish]")
    other = replace(
        ARTICLE, title="[Indications for alpha in living-donor kidney transplantation]. [Spanish]"
    )

    assert verdict(one, other) == ("same", "same_place")
    assert verdict(one, replace(other, pages="301-309"))[0] != "same"


def test_twins_on_one_page_of_a_supplement_are_not_merged() -> None:
    one = replace(ABSTRACT, title="Onset of asthma in children of smokers in the city of Bergen")
    other = replace(ABSTRACT, title="Onset of rhinitis in children of smokers in the city of Bergen")

    assert verdict(one, other)[0] != "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("symptomatic", "asymptomatic"), ("hyperglycaemia", "hypoglycaemia"), ("prenatal", "postnatal"),
        ("male", "female"), ("rats", "cats"), ("metoprolol", "bisoprolol"), ("inpatients", "outpatients"),
        ("IL-1a", "IL-1b"), ("sensitive", "insensitive"),
    ],
)  # fmt: skip
def test_words_of_another_sense_are_no_misspellings(one: str, other: str) -> None:
    first = replace(ABSTRACT, title=f"Long-term course of {one} disease under the new treatment")

    second = replace(first, title=first.title.replace(one, other))

    assert verdict(first, second)[0] != "same"


def test_an_abstract_with_a_mistyped_page_merges_only_for_several_authors() -> None:
    other = replace(ABSTRACT, pages="S52-S52")
    alone = ("Berg, A.",)

    assert verdict(ABSTRACT, other) == ("same", "same_reference")
    assert verdict(replace(ABSTRACT, authors=alone), replace(other, authors=alone))[0] != "same"


def test_the_number_of_the_volume_is_known_where_it_was_filed_as_the_issue() -> None:
    shifted = replace(ARTICLE, volume="", issue="12", pages="3")

    assert verdict(ARTICLE, shifted) == ("same", "same_reference")


def test_records_without_anything_in_common_have_no_verdict() -> None:
    other = replace(
        ARTICLE, title="Bridges of the north", authors=("Lund, Per",), year=1999, pages="7", volume="1"
    )

    assert judge(entry(1, ARTICLE), entry(2, other)) is None


def test_evidence_says_what_agreed() -> None:
    found = judge(entry(1, ARTICLE), entry(2, replace(ARTICLE, pages="1-4")))

    assert found is not None
    assert found.evidence == {
        "title": 1.0,
        "author": True,
        "year": 0,
        "journal": True,
        "volume": True,
        "issue": True,
        "page": False,
        "doi": None,
        "pmid": None,
        "abstract": None,
        "marks": "",
    }


def test_what_contradicts_cannot_be_one_over_a_third() -> None:
    one, other = entry(1, ARTICLE), entry(2, replace(ARTICLE, issue="9", pages="301-310"))

    assert contradicts(one, other)
    assert not contradicts(one, entry(3, replace(ARTICLE, pages="", issue="")))
    assert not contradicts(
        entry(4, replace(ARTICLE, pmid="1")), entry(5, replace(ARTICLE, pmid="1", year=1990))
    )


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(
            [ARTICLE.title, "Erratum: " + ARTICLE.title, "Marsh fever", "", "Care, part 2"]
        ),
        "authors": st.sampled_from(
            [(), ("Berg A",), ("Holm, L.", "Berg, A."), ("Anna, Berg",), ("Lund, P.",)]
        ),
        "year": st.sampled_from([None, 2019, 2020, 2021, 1990]),
        "journal": st.sampled_from(["", "Am J Fever", "Lancet", "Fever. Conference: 3rd Fever Congress"]),
        "volume": st.sampled_from(["", "1)", "12", "13", "12 (Suppl 1)"]),
        "issue": st.sampled_from(["", "3", "4", "Suppl 1"]),
        "pages": st.sampled_from(["", "101", "101-10", "110-120", "S12", "1-9"]),
        "doi": st.sampled_from(["", "10.1000/a", "10.1000/b"]),
        "pmid": st.sampled_from(["", "1", "2"]),
        "publication_types": st.sampled_from([(), ("Letter",), ("Preprint",), ("Meeting Abstract",)]),
    },
)


@given(FIELDS, FIELDS)
def test_a_verdict_does_not_depend_on_the_order_and_keeps_its_promises(
    first: dict[str, object], second: dict[str, object]
) -> None:
    a = entry(1, replace(ARTICLE, **first))  # type: ignore[arg-type]
    b = entry(2, replace(ARTICLE, **second))  # type: ignore[arg-type]

    found, back = judge(a, b), judge(b, a)

    assert _told(found) == _told(back)
    assert contradicts(a, b) == contradicts(b, a)
    if found is not None:
        assert 0 <= found.score <= 1
        assert bool(found.relation) == (found.kind == "related")
    if found is not None and found.kind == "same":
        assert not (a.pmid and b.pmid and a.pmid != b.pmid)
        assert not contradicts(a, b)


def _told(found: Verdict | None) -> tuple[object, ...]:
    return () if found is None else (found.kind, found.rule, found.score, found.relation, found.evidence)


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=15), st.text(max_size=15))
def test_a_record_is_the_same_as_itself_once_it_has_a_real_title(
    title: str, author: str, volume: str, pages: str
) -> None:
    record = replace(
        ARTICLE,
        title=f"On marsh fever {title} in the north",
        authors=("Berg", author),
        volume=volume,
        pages=pages,
    )

    found = judge(entry(1, record), entry(2, record))

    assert found is not None
    assert found.kind == "same"
