"""Agreement statistics, and the headings of abstracts."""

import doctest
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.rules import agreement as agreement_of
from screening.rules import sections


def test_kappa_of_a_two_by_two_table() -> None:
    # 45, 15, 25, 15: observed 0.60, by chance 0.54, kappa 0.06 / 0.46.
    pairs = [("a", "a")] * 45 + [("a", "b")] * 15 + [("b", "a")] * 25 + [("b", "b")] * 15
    result = agreement_of(pairs)
    assert (result.n, result.agreed) == (100, 60)
    assert result.proportion == pytest.approx(0.6)
    assert result.kappa == pytest.approx(0.06 / 0.46)


def test_kappa_is_undefined_where_all_said_one_thing() -> None:
    assert agreement_of([("a", "a")] * 3).kappa is None


def test_no_pairs_have_no_agreement() -> None:
    assert (agreement_of([]).proportion, agreement_of([]).kappa) == (None, None)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_kappa_is_at_most_one_and_does_not_depend_on_who_is_first(pairs: list[tuple[str, str]]) -> None:
    kappa = agreement_of(pairs).kappa
    assert kappa is None or kappa <= 1
    assert agreement_of([(second, first) for first, second in pairs]).kappa == kappa


def test_sections_of_pubmed_lines() -> None:
    parts = sections("BACKGROUND: Old.\nMETHODS: We did: much.\nCONCLUSIONS AND RELEVANCE: New.")
    assert [(part.heading, part.text) for part in parts] == [
        ("Background", "Old."),
        ("Methods", "We did: much."),
        ("Conclusions and relevance", "New."),
    ]


def test_sections_of_running_text() -> None:
    parts = sections("Background: Old. Patients and methods: We did. Results: A ratio of 3:1 was seen.")
    assert [part.heading for part in parts] == ["Background", "Patients and methods", "Results"]


def test_text_without_headings_is_one_section() -> None:
    assert [(part.heading, part.text) for part in sections("We saw 3: no more.")] == [
        ("", "We saw 3: no more.")
    ]


def test_no_abstract_has_no_sections() -> None:
    assert sections("  ") == []


@given(st.text())
def test_sections_lose_no_words(text: str) -> None:
    kept = "".join(part.heading.lower() + part.text.lower() for part in sections(text))
    assert [c for c in kept if c.isalnum()] == [c for c in text.lower() if c.isalnum()]


@pytest.mark.parametrize("name", ["outcome", "agreement", "abstracts"])
def test_examples_in_the_documentation_run(name: str) -> None:
    # The package re-exports functions under the names of their modules, so the modules are asked by name.
    result = doctest.testmod(import_module(f"screening.rules.{name}"))
    assert (result.failed, result.attempted > 0) == (0, True)
