"""The engine against R: every case of the corpus, and how many those are."""

from pathlib import Path

import pytest

from analysis.meta import ENGINE_VERSION
from validation.reference.families import run
from validation.reference.loader import Library

# family: cases in the file, cases where R fails, numbers compared.
COUNTS = {
    "a": (316, 0, 14911),
    "b1": (882, 0, 23105),
    "b2": (100, 0, 2525),
    "b3": (96, 9, 2731),
    "c": (385, 0, 20095),
    "d": (783, 21, 10246),
    "e": (266, 0, 23666),
    "f": (757, 26, 17778),
    "p": (7, 0, 822),
}


@pytest.fixture(scope="module")
def library(shared_dir: Path) -> Library:
    return Library(shared_dir / "data" / "reference")


@pytest.mark.shared
@pytest.mark.parametrize("family", list(COUNTS))
def test_the_engine_agrees_with_r_in_every_case(
    family: str, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = run(family, library)

    with capsys.disabled():
        print(f"\n{outcome}")
    assert outcome.faults == ()
    assert (outcome.cases, outcome.errors_expected, outcome.numbers) == COUNTS[family]


@pytest.mark.shared
def test_the_corpus_would_show_a_wrong_number(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(library.directory)
    cases = library.cases("a")
    for case in cases:
        case["out"]["yi"] = [None if value is None else value + 1e-6 for value in case["out"]["yi"]]
    monkeypatch.setattr(library, "cases", lambda family: cases)

    outcome = run("a", library)

    assert len(outcome.faults) >= outcome.cases


def test_the_documentation_states_the_counts_that_are_tested() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "statistical-methods.md").read_text()
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("|")]
    stated = {
        cells[0].split()[0]: tuple(int(cell) for cell in (cells[1], cells[2]))
        for cells in rows
        if len(cells) > 2
        and cells[0].split()[:1]
        and cells[0].split()[0] in COUNTS
        and cells[1].strip().isdigit()
    }

    assert stated == {family: (cases, numbers) for family, (cases, _, numbers) in COUNTS.items()}
    assert f"version {ENGINE_VERSION}" in page
