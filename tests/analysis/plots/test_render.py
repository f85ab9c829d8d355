"""Bytes that do not depend on the day, and SVG that a strict content policy allows."""

import re
from pathlib import Path

import pytest
from lxml import etree
from matplotlib.patches import Ellipse

from analysis.plots import forest, render, svg_for_inline
from analysis.plots.sheet import Sheet
from analysis.plots.theme import DARK, LIGHT, inline_css
from tests.analysis.plots.figures import SVG, ratio, study

TITLE, DESCRIPTION = "Infection & more", "Thirteen studies <pooled>."


def _svg(theme: str = "light") -> bytes:
    figure = forest(ratio(study(0), study(1)))
    assert theme in {"light", "dark"}
    if theme == "dark":
        return render(figure, "svg", theme="dark", title=TITLE, description=DESCRIPTION)
    return render(figure, "svg", title=TITLE, description=DESCRIPTION)


@pytest.mark.parametrize("fmt", ["svg", "png", "pdf"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_two_renderings_are_byte_identical(fmt: str, theme: str) -> None:
    def once() -> bytes:
        figure = forest(ratio(study(0), study(1)))
        return render(figure, fmt, theme=theme, title=TITLE, description=DESCRIPTION)  # type: ignore[arg-type]  # parametrised

    first = once()
    assert first == once()
    assert first.startswith({"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[fmt])


def test_rendering_leaves_the_figure_as_it_was() -> None:
    figure = forest(ratio(study(0), study(1)))
    before = render(figure, "svg", title=TITLE, description=DESCRIPTION)
    render(figure, "png", theme="dark", title=TITLE, description=DESCRIPTION)
    assert render(figure, "svg", title=TITLE, description=DESCRIPTION) == before


def test_svg_has_title_description_and_text_as_text() -> None:
    root = etree.fromstring(_svg())
    assert [root[0].tag, root[0].text] == [f"{SVG}title", TITLE]
    assert [root[1].tag, root[1].text] == [f"{SVG}desc", DESCRIPTION]
    assert "Study 0" in ["".join(map(str, text.itertext())) for text in root.iter(f"{SVG}text")]


def test_svg_carries_no_date() -> None:
    assert b"<metadata" not in _svg()
    assert not re.search(rb"20\d\d-\d\d-\d\d", _svg())


def test_dark_uses_the_dark_ink_and_none_of_the_light() -> None:
    dark = _svg("dark").decode().lower()
    assert DARK.text in dark
    assert LIGHT.text not in dark
    assert LIGHT.square not in dark


def test_unknown_format_and_theme_are_refused() -> None:
    figure = forest(ratio(study(0), study(1)))
    with pytest.raises(ValueError, match="gif"):
        render(figure, "gif", title="", description="")  # type: ignore[arg-type]  # the point
    with pytest.raises(ValueError, match="sepia"):
        render(figure, "svg", theme="sepia", title="", description="")  # type: ignore[arg-type]  # the point


def test_inline_svg_has_no_style_and_the_same_look_as_attributes() -> None:
    source = etree.fromstring(_svg())
    inline = etree.fromstring(svg_for_inline(_svg()))
    assert inline.xpath("//*[@style]") == []
    assert inline.xpath("//*[local-name() = 'style' or local-name() = 'script']") == []
    for before, after in zip(source.iter(f"{SVG}path"), inline.iter(f"{SVG}path"), strict=True):
        declared = dict(
            part.strip().split(": ", 1) for part in before.get("style", "").split(";") if part.strip()
        )
        assert {name: after.get(name) for name in declared} == declared
    assert all(text.get("font-size") and text.get("font-family") for text in inline.iter(f"{SVG}text"))


def test_inline_svg_is_an_element_without_declaration_or_generated_ids() -> None:
    inline = svg_for_inline(_svg())
    assert inline.startswith("<svg")
    ids = etree.fromstring(inline).xpath("//@id")
    assert isinstance(ids, list)
    assert all(f"#{identifier!s}" in inline for identifier in ids if isinstance(identifier, str))
    assert len(ids) == 1


def test_a_font_shorthand_becomes_attributes() -> None:
    style = "font: italic 700 9px 'A B', serif"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><text style="{style}">x</text></svg>'.encode()
    text = etree.fromstring(svg_for_inline(svg))[0]
    assert {str(name): value for name, value in text.items()} == {
        "font-style": "italic",
        "font-weight": "700",
        "font-size": "9px",
        "font-family": "'A B', serif",
    }


def test_the_style_sheet_for_inline_figures_is_the_written_one() -> None:
    path = Path(__file__).resolve().parents[3] / "static" / "css" / "figures.css"
    assert path.read_text(encoding="utf-8") == inline_css()


def test_a_circle_is_written_as_a_circle_and_an_ellipse_stays_a_path() -> None:
    sheet = Sheet(2.0, 1.0)
    sheet.circle(0.5, 0.25, 0.1, fill=LIGHT.square, edge=LIGHT.line)
    root = etree.fromstring(render(sheet.figure, "svg", title=TITLE, description=DESCRIPTION))
    (circle,) = root.iter(f"{SVG}circle")
    assert [float(str(circle.get(name))) for name in ("cx", "cy", "r")] == pytest.approx([36.0, 18.0, 7.2])
    assert LIGHT.square in str(circle.get("style"))
    oval = Ellipse((0.5, 0.5), 0.4, 0.2)
    sheet.figure.axes[0].add_patch(oval)
    root = etree.fromstring(render(sheet.figure, "svg", title=TITLE, description=DESCRIPTION))
    assert len(list(root.iter(f"{SVG}circle"))) == 1
