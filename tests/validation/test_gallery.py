"""The gallery finds what draws, and writes what a browser shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import validation.gallery.forest
from analysis.plots import forest
from validation.gallery.__main__ import kinds, main


def test_every_module_beside_the_command_is_a_kind() -> None:
    assert "forest" in kinds()
    assert not any(name.startswith("_") for name in kinds())


def test_each_figure_is_written_in_both_themes_and_shown_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two() -> Iterator[tuple[str, Figure | bytes]]:
        yield "forest-one", forest(validation.gallery.forest.hard_cases()["one"])
        yield "ready", b"<svg xmlns='http://www.w3.org/2000/svg'/>"

    monkeypatch.setattr(validation.gallery.forest, "figures", two)
    assert main(str(tmp_path), ["forest"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "forest-one-light.svg",
        "forest-one-light.png",
        "forest-one-dark.svg",
        "forest-one-dark.png",
        "ready.svg",
        "index.html",
    }
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<figure class="dark"><img src="forest-one-dark.svg" alt="forest-one-dark">' in page
    assert b"Forest one, drawn from the example data." in (tmp_path / "forest-one-dark.svg").read_bytes()
