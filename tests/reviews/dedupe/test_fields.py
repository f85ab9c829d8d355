"""Fields of references in a form in which equal things are equal."""

from __future__ import annotations

import pytest

from reviews.dedupe import fields, normalise
from reviews.dedupe.marks import marks


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Naïve  CD19<sup>+</sup> T-cells", "naive cd19 t cells"),
        ("[&lt;sup&gt;11&lt;/sup&gt;C]AZ &amp;amp; tau", "11c az and tau"),
        ("BehÃ§et's syndrome", "behcet s syndrome"),
        ("IFN-γ and β-blockers", "ifn gamma and beta blockers"),
        ("dup(X)(pter<U+00E9>q24)", "dup x ptereq24"),
        ("p < 0.05 and x > 3", "p 0 05 and x 3"),
        ("Ørsted Łódź", "orsted lodz"),
        ("Тромбоз вен", "тромбоз вен"),
        ("?!", "?!"),
        ("", ""),
    ],
)
def test_words_are_plain(text: str, words: str) -> None:
    assert normalise.plain(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "Alpha for marsh fever",
        "[Alpha for marsh fever]. [Chinese]",
        "Alpha for marsh fever. [Review] [16 refs] [Romanian]",
        "Alpha for marsh fever.[Erratum appears in J Fever. 2010 May;202(4)",
        "Alpha for marsh fever (vol 360, pg 542, 2009)",
        "Alpha for marsh fever (Journal of Fever (2009) 360 (542-544))",
        "Erratum to: Alpha for marsh fever",
        "Author Correction: Alpha for marsh fever",
        "Corrigendum to “Alpha for marsh fever”",
        "Alpha for marsh fever (multiple letters) [1]",
    ],
)
def test_a_title_is_without_what_databases_add(text: str) -> None:
    assert normalise.title(text) == "alpha for marsh fever"


@pytest.mark.parametrize(
    "text",
    ["Correction of refraction in adults", "Response to treatment in adults", "Reply", "Editorial: asthma"],
)
def test_a_heading_stays_where_it_is_the_title(text: str) -> None:
    assert normalise.title(text) == normalise.plain(text)


def test_a_long_title_is_read_in_time() -> None:
    assert len(normalise.title("[(" * 50_000)) <= 1000


@pytest.mark.parametrize(
    ("authors", "family"),
    [
        (["van der Berg J.-P."], "van der berg"),
        (["Jiang, Hua"], "jiang"),
        (["P. Kogge"], "kogge"),
        (["Pala A.Schmitz A. L.Knoll A."], "pala"),
        (["Anonymous"], ""),
        ([], ""),
    ],
)
def test_the_family_name_is_found_in_any_style(authors: list[str], family: str) -> None:
    assert fields.family(authors) == family


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13 (2) (no pagination)", "13"),
        ("1)", ""),
        ("35 Suppl 1", "35"),
        ("007", "7"),
        ("(Jul)", ""),
        ("", ""),
    ],
)
def test_volumes(text: str, number: str) -> None:
    assert fields.volume(text) == number


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("1606-15", "1606-1615", "same"),
        ("06-Oct", "6-10", "same"),
        ("Jan-30", "1-30", "same"),
        ("S345-S353", "345-353", "same"),
        ("14S-14S", "14", "same"),
        ("E329-e336", "e329-36", "same"),
        ("101", "101-110", "same"),
        ("943-945", "943-944", "near"),
        ("2141-2147", "2142-2147", "near"),
        ("2297-2108", "2097-2108", "near"),
        ("44", "1-4", "unknown"),
        ("215 p", "1524", "unknown"),
        ("", "12", "unknown"),
        ("10-20", "20-30", "differ"),
        ("A12", "S12", "differ"),
        ("iv-vii", "iv-vii", "same"),
        ("iv-vii", "xiii-xv", "differ"),
        ("1-400", "30-31", "differ"),
    ],
)
def test_pages(one: str, other: str, agreement: str) -> None:
    a, b = fields.pages(one), fields.pages(other)

    assert fields.compare_pages(a, b) == fields.compare_pages(b, a) == agreement


def test_an_article_number_filed_as_the_issue_is_a_place_and_no_issue() -> None:
    assert fields.pages("", "e0191240") == fields.pages("e0191240", "2")
    assert fields.issue("e0191240") == frozenset()
    assert fields.issue("03-Apr") == fields.issue("3-4") == frozenset({"3", "4"})


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("Am J Hematol", "American Journal of Hematology", "same"),
        ("Stroke; a journal of cerebral circulation", "Stroke (00392499)", "same"),
        ("JAMA", "Journal of the American Medical Association", "same"),
        ("Pediatric Nephrology.Conference: 44th Meeting", "Pediatr Nephrol", "same"),
        ("Disability and rehabilitation. Assistive technology", "Disability and Rehabilitation", "near"),
        ("Blood", "Blood Cancer J", "near"),
        ("Zhongguo zhenjiu", "Zhongguo Zhen Jiu", "same"),
        ("Molecular Immunology", "Pediatric Nephrology", "differ"),
        ("Pediatr Nephrol", "Pediatric Transplantation", "differ"),
        ("", "Blood", "unknown"),
    ],
)
def test_journals(one: str, other: str, agreement: str) -> None:
    a, b = fields.journal(one), fields.journal(other)

    assert fields.compare_journals(a, b) == fields.compare_journals(b, a) == agreement


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Erratum: Alpha", {"erratum"}),
        ("Author Correction: Alpha", {"erratum"}),
        ("Publisher Correction: Alpha", {"erratum"}),
        ("Withdrawal of inhaled steroids", set()),
        ("Retracted: Alpha", {"retraction"}),
        ("Alpha - Reply", {"reply"}),
        ("Reply to: Alpha", {"reply"}),
        ("Comment on Alpha", {"comment"}),
        ("Editorial: Alpha", {"editorial"}),
        ("Correction of myopia in adults", set()),
    ],
)
def test_titles_tell_what_a_text_is(title: str, found: set[str]) -> None:
    assert marks(title=title, journal="", issue="", volume="", doi="", publication_types=()) == found


def test_journals_volumes_and_dois_tell_what_a_text_is() -> None:
    def told(journal: str = "", issue: str = "", volume: str = "", doi: str = "") -> frozenset[str]:
        return marks(
            title="Alpha", journal=journal, issue=issue, volume=volume, doi=doi, publication_types=()
        )

    assert told(journal="medRxiv") == told(doi="10.1101/2020.04.01.20000001") == {"preprint"}
    assert told(doi="10.1101/gad.123.4") == set()
    assert told(issue="SUPPL. 1") == told(volume="28 (Suppl 2)") == told(volume="1)") == {"supplement"}
    assert told(journal="Fever. Conference: 3rd Fever Congress") == {"meeting"}
