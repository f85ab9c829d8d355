"""Two texts word by word: what both have, and what only one of them has."""

from hypothesis import given
from hypothesis import strategies as st

from reviews.selectors.word_differences import Part, parts


def test_a_word_that_differs_is_marked_on_both_sides() -> None:
    left, right = parts("zinc for colds", "zinc for coughs")
    assert left == [Part("zinc for ", False), Part("colds", True)]
    assert right == [Part("zinc for ", False), Part("coughs", True)]


def test_letter_case_is_no_difference() -> None:
    assert parts("Zinc", "ZINC") == ([Part("Zinc", False)], [Part("ZINC", False)])


def test_blanks_between_marked_words_do_not_cut_the_mark() -> None:
    left, _ = parts("acute bronchitis", "colds today")
    assert left == [Part("acute bronchitis", True)]


def test_what_one_side_lacks_is_the_others_own() -> None:
    assert parts("", "10.1000/x") == ([], [Part("10.1000/x", True)])


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_letter_is_lost(one: str, other: str) -> None:
    left, right = parts(one, other)
    assert "".join(part.text for part in left) == one
    assert "".join(part.text for part in right) == other
