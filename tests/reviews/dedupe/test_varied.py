"""The same record as databases write it, and what only looks like it: merged here, kept apart there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviews.dedupe import entry, judge
from reviews.formats import ParsedRecord
from tests.reviews.dedupe.examples import ARTICLE, verdict

ABSTRACT = (
    "Marsh fever returns in one adult of three within a year of treatment. We compared drug alpha with a "
    "placebo in 412 adults of nine hospitals, who were followed for eighteen months by assessors that knew "
    "of neither. Relapses were fewer with the drug."
)
OTHER_ABSTRACT = (
    "Nurses at night sleep badly. In this survey of two hundred wards we asked who slept when, for how long, "
    "and what had woken them, and found that bells, lamps and doctors were named most often, in this order."
)
TOLD = replace(ARTICLE, abstract=ABSTRACT)
AHEAD = replace(TOLD, volume="", issue="", pages="", year=2019)


def changed(record: ParsedRecord, **values: object) -> ParsedRecord:
    return replace(record, **values)  # type: ignore[arg-type]  # the fields of the record


@pytest.mark.parametrize(
    "values",
    [
        {"title": "[Drug alpha for marsh fever in adults: a randomised trial] (Reprinted)"},
        {"title": f"{ARTICLE.title}.[Erratum appears in Am J Fever. 2020 Jun;12(4):300]"},
        {"title": f"{ARTICLE.title} [Republished from J Fever. 2001]"},
        {"issue": "1067", "pages": "101-110"},
        {"volume": "3-4)", "issue": ""},
        {"journal": "Am J Fever", "authors": ("A Berg", "L Holm")},
        {"authors": ("Berg, Anna Maria Ida", "et al.")},
        {"title": "Drug alpha for marsh fever in adults", "pages": ""},
        {"year": 2024},
    ],
    ids=str,
)
def test_what_exports_do_to_a_record_does_not_make_another(values: dict[str, object]) -> None:
    assert verdict(ARTICLE, changed(ARTICLE, **values))[0] == "same"


def test_an_article_number_in_place_of_the_issue_contradicts_no_issue() -> None:
    numbered = replace(ARTICLE, pages="105802")
    assert verdict(numbered, replace(numbered, issue="105802"))[0] == "same"
    assert verdict(numbered, replace(numbered, issue="105802", pages=""))[0] == "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Natl Med J India", "The National Medical Journal of India"),
        ("J Alzheimers Dis", "Journal of Alzheimer's Disease : JAD"),
        ("Ned Tijdschr Geneeskd", "Nederlands tijdschrift voor geneeskde"),
        ("JACC Basic Transl Sci", "JACC. Basic to Translational Science"),
    ],
)
def test_journals_are_known_by_their_abbreviations(one: str, other: str) -> None:
    first, second = (replace(ARTICLE, journal=name, pages="") for name in (one, other))
    assert verdict(first, second) == ("same", "same_reference")


@pytest.mark.parametrize(
    "values",
    [
        {"year": 2019},
        {"year": 2022},
        {"title": "Drug alpha for marsh fever in adults"},
        {"authors": ()},
        {"abstract": f"BACKGROUND: {ABSTRACT} Copyright (C) 2020 A Publisher."},
    ],
    ids=str,
)
def test_one_abstract_makes_up_for_a_place_that_is_missing(values: dict[str, object]) -> None:
    assert verdict(TOLD, changed(AHEAD, **values))[0] == "same"


def test_where_no_journals_are_exported_title_authors_and_abstract_are_enough() -> None:
    bare = replace(TOLD, journal="", volume="", issue="", pages="")
    assert verdict(bare, bare) == ("same", "same_text")
    assert verdict(replace(bare, abstract=""), replace(bare, abstract=""))[0] == "likely"
    assert verdict(bare, replace(bare, abstract=OTHER_ABSTRACT))[0] == "likely"


@pytest.mark.parametrize(
    "values",
    [
        {"abstract": OTHER_ABSTRACT, "year": 2019},
        {"abstract": "", "year": 2020},
        {"title": "Drug alpha for marsh fever in adults: a randomised trial. Part 2"},
        {"title": "Drug alpha for marsh fever in women: a randomised trial"},
        {"volume": "11", "pages": "S12", "issue": "Suppl 1"},
        {"journal": "Annals of Fever", "volume": "3"},
    ],
    ids=str,
)
def test_what_has_another_text_or_place_is_asked_about(values: dict[str, object]) -> None:
    assert verdict(TOLD, changed(AHEAD, **values))[0] != "same"


def test_an_abstract_on_a_page_with_a_letter_is_not_the_article_ahead_of_print() -> None:
    printed = replace(ARTICLE, issue="", pages="S289", year=2020)
    assert verdict(printed, replace(ARTICLE, volume="", issue="", pages=""))[0] != "same"
    assert verdict(printed, replace(printed, pages="S289", authors=("Berg A",)))[0] == "same"


@pytest.mark.parametrize("subtitle", ["study protocol", "the authors' reply", "an update", "response"])
def test_a_subtitle_that_names_another_text_was_not_left_off(subtitle: str) -> None:
    long = replace(ARTICLE, title=f"Drug alpha for marsh fever in adults: {subtitle}")
    assert (
        verdict(long, replace(ARTICLE, title="Drug alpha for marsh fever in adults", pages=""))[0] != "same"
    )


@pytest.mark.parametrize(
    "abstract",
    [
        "[This corrects the article DOI: 10.1000/fever.12.].",
        "In the original publication of this article the dose in Table 2 was wrong. It has been corrected.",
        "The authors regret that the second name was misspelled in the printed version of this article.",
    ],
)
def test_a_correction_under_the_title_of_its_article_is_known_by_its_text(abstract: str) -> None:
    notice = replace(ARTICLE, abstract=abstract, pages="")
    found = judge(entry(1, TOLD), entry(2, notice))
    assert found is not None
    assert (found.kind, found.relation) == ("related", "correction")


def test_what_has_nothing_but_the_title_of_an_article_with_an_abstract_is_asked_about() -> None:
    notice = replace(ARTICLE, volume="", issue="", pages="")
    assert verdict(TOLD, notice) == ("likely", "no_place")
    assert verdict(TOLD, replace(notice, volume="12"))[0] == "same"
    assert verdict(ARTICLE, notice)[0] == "same"  # where nothing has an abstract, that tells nothing


def test_texts_without_authors_are_one_in_one_issue() -> None:
    report = replace(ARTICLE, authors=())
    assert verdict(report, replace(ARTICLE, pages=""))[0] == "same"
    assert verdict(report, replace(ARTICLE, pages="", issue=""))[0] == "likely"
    assert verdict(report, replace(report, pages="", issue=""))[0] == "same"


def test_a_short_title_is_one_in_one_issue_but_not_that_of_an_answer() -> None:
    short = replace(ARTICLE, title="Obstructive renal cysts")
    assert verdict(short, replace(short, pages=""))[0] == "same"
    assert verdict(short, replace(short, pages="", issue=""))[0] == "likely"
    reply = replace(ARTICLE, title="Reply by the authors")
    assert verdict(reply, replace(reply, pages=""))[0] == "likely"
    assert verdict(reply, reply)[0] == "same"


def test_the_year_before_print_is_forgiven_to_a_long_title() -> None:
    first = replace(ARTICLE, volume="", issue="", pages="", year=2019)
    assert verdict(ARTICLE, first)[0] == "same"
    brief = "Marsh fever in adults"
    assert verdict(replace(ARTICLE, title=brief), replace(first, title=brief))[0] == "likely"
    assert verdict(ARTICLE, replace(first, year=2018))[0] == "likely"
