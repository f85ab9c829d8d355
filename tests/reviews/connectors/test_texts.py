"""Markup, names and values out of JSON of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.connectors.json_values import items_at, number_at, source_text, text_at, texts_at
from reviews.connectors.people import family_first, named, split_names, without_degrees
from reviews.formats.markup import plain


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            "<jats:title>Abstract</jats:title><jats:sec><jats:title>Background</jats:title><jats:p>We "
            "<jats:italic>did</jats:italic> it.</jats:p></jats:sec><jats:sec><jats:title>Results:"
            "</jats:title><jats:p>Good</jats:p></jats:sec>",
            "Background: We did it.\nResults: Good",
        ),
        ("<h4>Objective</h4>To see.<h4>Design</h4>A trial.", "Objective: To see.\nDesign: A trial."),
        ("&lt;jats:p&gt;Escaped twice&lt;/jats:p&gt;", "Escaped twice"),
        ("p<0.05 and 5 < 6 > 4, a<x and y>b", "p<0.05 and 5 < 6 > 4, a<x and y>b"),
        ("H<sub>2</sub>O &amp; <mml:math><mml:mi>x</mml:mi></mml:math>", "H2O & x"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("<b>bold</b><!-- note --><![CDATA[kept]]>", "boldkept"),
        ("Abstract\nText", "Text"),
        ("<title></title>Text", "Text"),
        ("", ""),
    ],
)
def test_markup_becomes_plain_text(markup: str, text: str) -> None:
    assert plain(markup) == text


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    plain(text).encode()


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Jane A. Doe", "Doe, Jane A."),
        ("Jan van der Berg", "van der Berg, Jan"),
        ("Maria de la Cruz", "de la Cruz, Maria"),
        ("John Smith Jr.", "Smith Jr., John"),
        ("Doe, Jane", "Doe, Jane"),
        ("Plato", "Plato"),
        ("The ZINC Study Group", "The ZINC Study Group"),
        ("World Health Organization", "World Health Organization"),
        ("", ""),
    ],
)
def test_a_name_is_given_family_first(name: str, family: str) -> None:
    assert family_first(name) == family


def test_degrees_are_no_part_of_a_name() -> None:
    assert without_degrees("Jane Doe, MD, PhD") == "Jane Doe"
    assert without_degrees("Jane Doe") == "Jane Doe"


def test_names_are_made_of_what_there_is() -> None:
    assert named("Doe", "Jane") == "Doe, Jane"
    assert named("", "", "The Group") == "The Group"
    assert split_names("Doe J, Roe R.") == ("Doe J", "Roe R")


def test_values_of_other_types_are_nothing() -> None:
    item = {"a": {"b": [1, "two", None, {"c": 3}, ["x"]]}, "n": "12", "t": True, "o": {"k": "v"}}

    assert text_at(item, "a", "b") == "1"
    assert texts_at(item, "a", "b") == ("1", "two")
    assert text_at(item, "t") == ""
    assert items_at(item, "o") == [{"k": "v"}]
    assert items_at(item, "a", "b") == [{"c": 3}]
    assert number_at(item, "n") == 12
    assert number_at(item, "t") is None
    assert number_at({"n": -1}, "n") is None
    assert text_at(item, "a", "b", "c") == ""


def test_source_text_is_the_same_for_the_same_content() -> None:
    assert source_text({"b": 1, "a": "é\ud800"}) == source_text({"a": "é\ud800", "b": 1})
    source_text({"a": "\ud800"}).encode()
