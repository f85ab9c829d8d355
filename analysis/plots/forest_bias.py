"""Risk of bias beside a forest plot: a lettered column a domain, each judgement a coloured sign."""

from collections.abc import Sequence
from string import ascii_uppercase

from analysis.plots.forest_data import ForestData, Judgement
from analysis.plots.rob import PALETTES, Level, Palette
from analysis.plots.sheet import Sheet, text_width, wrap
from analysis.plots.theme import LIGHT

# Inches; a row of the table is 0.18 or higher.
CELL = 0.215
RADIUS = 0.079
SIGN_SIZE = 7.5
SMALL = 8.0
LEADING = 0.165
NOT_JUDGED = "Not judged"


def letters(domains: Sequence[str]) -> list[str]:
    """Return the letter of each domain: A, B, ... Z, A2, ..."""
    return [ascii_uppercase[i % 26] + (str(i // 26 + 1) if i >= 26 else "") for i in range(len(domains))]


def draw_judgements(
    sheet: Sheet, centres: Sequence[float], y: float, row: Sequence[Judgement | None], palette: Palette
) -> None:
    """Draw one study's judgements.

    Parameters
    ----------
    sheet : Sheet
    centres : sequence of float
        Middle of each column, inches.
    y : float
    row : sequence of "low", "some_concerns", "high" or None
        Shorter rows leave the last columns empty.
    palette : {"cochrane", "colour_blind"}
    """
    levels = {level.id: level for level in PALETTES[palette]}
    for x, judgement in zip(centres, row, strict=False):
        _draw_sign(sheet, x, y, None if judgement is None else levels[judgement])


def legend_height(data: ForestData, width: float) -> float:
    """Return the height of the legend in inches."""
    return 0.24 + LEADING * len(_legend_lines(data, width)) if data.domains else 0.0


def draw_legend(sheet: Sheet, x: float, y: float, data: ForestData, width: float, palette: Palette) -> None:
    """Draw what the signs and the letters mean.

    Parameters
    ----------
    sheet : Sheet
    x, y : float
        Upper left corner, inches.
    data : ForestData
    width : float
        Inches; lines are broken there.
    palette : {"cochrane", "colour_blind"}
    """
    given = {judgement for row in data.studies for judgement in row.judgements}
    entries: list[tuple[Level | None, str]] = [(level, level.label) for level in PALETTES[palette]]
    entries += [(None, NOT_JUDGED)] if None in given else []
    at = x
    for level, label in entries:
        _draw_sign(sheet, at + RADIUS, y + 0.08, level)
        at += 2 * RADIUS + 0.06
        sheet.text(at, y + 0.08, label, size=SMALL)
        at += text_width(label, SMALL) + 0.2
    for i, line in enumerate(_legend_lines(data, width)):
        sheet.text(x, y + 0.29 + LEADING * i, line, size=SMALL, colour=LIGHT.muted)


def _legend_lines(data: ForestData, width: float) -> list[str]:
    named = [f"{letter}: {name}" for letter, name in zip(letters(data.domains), data.domains, strict=True)]
    return wrap(f"Risk of bias. {'; '.join(named)}.", width, SMALL)


def _draw_sign(sheet: Sheet, x: float, y: float, level: Level | None) -> None:
    if level is None:
        sheet.circle(x, y, RADIUS, fill=None, edge=LIGHT.box_edge)
        return
    sheet.circle(x, y, RADIUS, fill=level.fill, edge=LIGHT.line)
    sheet.text(x, y - 0.007, level.sign, size=SIGN_SIZE, weight="bold", align="center", colour=level.ink)
