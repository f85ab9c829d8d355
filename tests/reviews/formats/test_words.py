"""What people read of problems in files."""

import re

import pytest

from reviews import wording
from reviews.formats import RowProblem


@pytest.mark.parametrize("code", re.findall(r"``(\w+)``", RowProblem.__doc__ or ""))
def test_every_problem_of_a_file_has_words(code: str) -> None:
    words = wording.problem(code)

    assert words[0].isupper()
    assert words != code
