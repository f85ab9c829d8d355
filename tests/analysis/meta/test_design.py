"""Columns from moderators, named as R names them."""

import numpy as np
import pytest

from analysis.meta import NotFinite, NoVariation, ShapeMismatch, UnknownOption, design_matrix

GROUP = ["x", "y", "z", "x"]
NUMBER = [1.0, 2.0, 3.0, 4.0]


def test_categories_are_contrasted_with_the_first_level_by_code_point() -> None:
    found = design_matrix({"g": ["b", "B", "a", "b"]})

    assert found.names == ("(Intercept)", "ga", "gb")
    assert found.levels == {"g": ("B", "a", "b")}
    assert found.matrix.tolist() == [[1, 0, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1]]


def test_without_an_intercept_the_first_category_has_all_its_levels() -> None:
    found = design_matrix({"b": NUMBER, "a": GROUP, "c": ["u", "v", "u", "v"]}, intercept=False)

    assert found.names == ("b", "ax", "ay", "az", "cv")


def test_interactions_multiply_and_the_first_moderator_varies_fastest() -> None:
    numeric = design_matrix({"b": NUMBER, "a": GROUP}, interactions=[("b", "a")])
    both = design_matrix({"a": GROUP, "c": ["u", "v", "w", "v"]}, interactions=[("a", "c")])

    assert numeric.names == ("(Intercept)", "b", "ay", "az", "b:ay", "b:az")
    assert numeric.matrix[:, 4].tolist() == [0, 2, 0, 0]
    assert both.names[5:] == ("ay:cv", "az:cv", "ay:cw", "az:cw")


def test_rows_for_new_points_have_the_same_columns() -> None:
    design = design_matrix({"b": NUMBER, "a": GROUP}, interactions=[("b", "a")])

    assert design.rows({"a": ["z", "x"], "b": [7, 8]}).tolist() == [[1, 7, 0, 1, 0, 7], [1, 8, 0, 0, 0, 0]]
    with pytest.raises(UnknownOption, match="x, y, z"):
        design.rows({"a": ["w"], "b": [7]})
    with pytest.raises(UnknownOption, match="b"):
        design.rows({"a": ["x"]})


def test_what_cannot_be_a_column_is_named() -> None:
    with pytest.raises(NotFinite, match=r"b\[1\]"):
        design_matrix({"b": [1.0, None, 2.0]})  # type: ignore[dict-item]  # the refusal is the test
    with pytest.raises(NotFinite, match=r"b\[2\]"):
        design_matrix({"b": [1.0, 2.0, np.nan]})
    with pytest.raises(NotFinite, match=r"b\[0\]"):
        design_matrix({"b": [np.inf, 2.0, 1.0]})
    with pytest.raises(NoVariation, match="one level"):
        design_matrix({"g": ["a", "a"]})
    with pytest.raises(ShapeMismatch, match="length"):
        design_matrix({"b": NUMBER, "g": ["a", "b"]})
    with pytest.raises(ShapeMismatch, match="No moderators"):
        design_matrix({})
    with pytest.raises(UnknownOption, match="c is no moderator"):
        design_matrix({"b": NUMBER, "a": GROUP}, interactions=[("b", "c")])
