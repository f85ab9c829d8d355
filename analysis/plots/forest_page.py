"""Drawing a laid-out forest plot: head, rows with their marks, and what stands under them."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.plots.forest_axis import LEADING as FAVOURS_LEADING
from analysis.plots.forest_axis import draw_axis, draw_favours, favours_height, plot_scale
from analysis.plots.forest_bias import draw_judgements, draw_legend, letters
from analysis.plots.forest_columns import MARGIN, SIZE, Layout, weight_of
from analysis.plots.forest_data import ForestData
from analysis.plots.forest_marks import draw_diamond, draw_prediction, draw_study
from analysis.plots.forest_rows import Line
from analysis.plots.forest_style import ForestStyle
from analysis.plots.rob import Palette
from analysis.plots.scales import Scale
from analysis.plots.sheet import Align, Sheet
from analysis.plots.theme import LIGHT

SMALL = 8.0
LEADING = 0.165
HEAD_LEADING = 0.17
TITLE_LEADING = 0.23
# A second line of a label, closer to the first than to the next row.
MORE = 0.155
# Room for the line at the foot of the table, and between the title and a tinted head.
FOOT_RULE = 0.1
BAND_GAP = 0.08
# Area of the largest square in a long figure, as a share of the usual one.
CLOSE_SQUARE = 0.55
# Ticks over the plot.
UPPER_TICKS = 0.22


@dataclass(slots=True)
class Page:
    """The sheet, what is laid out on it, and how far down it is filled; inches."""

    sheet: Sheet
    data: ForestData
    style: ForestStyle
    columns: Layout
    palette: Palette
    row: float
    is_long: bool
    y: float = MARGIN

    def height_of(self, line: Line) -> float:
        """Return the height of one row."""
        heights = {"more": MORE, "note": LEADING, "space": self.row / 2}
        return heights.get(line.kind, self.row)

    def resize(self, height: float) -> None:
        """Give the sheet its height."""
        self.sheet.resize(height)

    def rule(self, width: float) -> None:
        """Draw a line from margin to margin; none of width 0."""
        if width:
            ends = [(MARGIN, self.y), (self.sheet.width - MARGIN, self.y)]
            self.sheet.line(ends, colour=LIGHT.line, width=width)


def head_height(
    data: ForestData, columns: Layout, style: ForestStyle, *, title: Sequence[str], is_long: bool
) -> float:
    """Return the height of title and headings in inches."""
    height = TITLE_LEADING * len(title) + 0.05
    if not data.studies:
        return height
    height += HEAD_LEADING * columns.head_lines + 0.1 + (BAND_GAP if style.has_band else 0.0)
    return height + (0.06 if style.rules[0] else 0.0) + (UPPER_TICKS if is_long else 0.0)


def draw_head(page: Page, title: Sequence[str]) -> None:
    """Draw the title and the headings of the columns, and move down below them.

    Parameters
    ----------
    page : Page
    title : sequence of str
        In lines.
    """
    for line in title:
        page.sheet.text(MARGIN, page.y + 0.1, line, size=11, weight="bold")
        page.y += TITLE_LEADING
    page.y += 0.05
    if not page.data.studies:
        return
    height = HEAD_LEADING * page.columns.head_lines
    if page.style.rules[0]:
        page.rule(page.style.rules[0])
        page.y += 0.06
    if page.style.has_band:
        page.y += BAND_GAP
        width = page.sheet.width - 2 * MARGIN + 0.1
        page.sheet.rectangle(MARGIN - 0.05, page.y - 0.04, width, height + 0.09, fill=LIGHT.band)
    _draw_headings(page, page.y + height - 0.07)
    page.y += height + 0.05
    page.rule(page.style.rules[1])
    page.y += 0.05 + (UPPER_TICKS if page.is_long else 0.0)


def draw_body(page: Page, lines: Sequence[Line]) -> None:
    """Draw the axis and all rows, and move down below them.

    Parameters
    ----------
    page : Page
    lines : sequence of Line
        Labels broken to their column.
    """
    data, sheet = page.data, page.sheet
    scale = plot_scale(data, page.columns.plot)
    bottom = page.y + sum(page.height_of(line) for line in lines)
    if data.studies:
        draw_axis(
            sheet, scale, data, top=page.y, bottom=bottom, has_upper_ticks=page.is_long, style=page.style
        )
    largest = max((row.weight_percent or 0.0 for row in data.studies), default=0.0)
    for line in lines:
        height = page.height_of(line)
        _draw_words(page, line, page.y + height / 2)
        _draw_marks(page, line, page.y + height / 2, scale, largest)
        page.y += height


def draw_foot(
    page: Page, tests: Sequence[str], notes: Sequence[str], *, axis: float, is_beside: bool
) -> None:
    """Draw tests, notes and the legend of the judgements.

    Parameters
    ----------
    page : Page
    tests, notes : sequence of str
        In lines.
    axis : float
        Height of the axis with its words, inches.
    is_beside : bool
        Whether the tests stand left of the axis.
    """
    sheet, top = page.sheet, page.y
    page.y += 0.0 if is_beside else axis + 0.1
    for line in tests:
        sheet.text(MARGIN, page.y + LEADING / 2, line, size=SMALL)
        page.y += LEADING
    if is_beside:
        page.y = max(page.y, top + axis) + 0.1
    if page.data.studies and page.style.rules[2]:
        page.y += FOOT_RULE / 2
        page.rule(page.style.rules[2])
        page.y += FOOT_RULE / 2
    for line in notes:
        sheet.text(MARGIN, page.y + LEADING / 2, line, size=SMALL, colour=LIGHT.muted)
        page.y += LEADING
    if page.columns.bias:
        draw_legend(sheet, MARGIN, page.y + 0.05, page.data, page.columns.line_width, page.palette)


def _draw_headings(page: Page, last: float) -> None:
    sheet, columns, data, style = page.sheet, page.columns, page.data, page.style
    sheet.text(MARGIN, last, style.study_header or data.study_header, size=SIZE, weight="bold")
    for column in columns.columns:
        _draw_heading(sheet, column.right, last, column.header, align="right")
    middle = (columns.plot[0] + columns.plot[1]) / 2
    _draw_heading(sheet, middle, last, columns.plot_header, align="center")
    for letter, x in zip(letters(data.domains), columns.bias, strict=False):
        sheet.text(x, last, letter, size=SIZE, weight="bold", align="center")
    for span in columns.spans:
        bottom = last - HEAD_LEADING
        rule = bottom + HEAD_LEADING / 2
        sheet.line([(span.left, rule), (span.right, rule)], colour=LIGHT.line, width=0.5)
        _draw_heading(sheet, (span.left + span.right) / 2, bottom, span.lines, align="center")
    if style.is_favours_above:
        lines = favours_height(data, columns.plot, style)
        first = last - FAVOURS_LEADING * (lines - 1)
        draw_favours(sheet, plot_scale(data, columns.plot), first, data, style)


def _draw_heading(sheet: Sheet, x: float, last: float, lines: Sequence[str], *, align: Align) -> None:
    for i, line in enumerate(lines):
        y = last - HEAD_LEADING * (len(lines) - 1 - i)
        sheet.text(x, y, line, size=SIZE, weight="bold", align=align)


def _draw_words(page: Page, line: Line, y: float) -> None:
    sheet, weight = page.sheet, weight_of(line)
    if line.kind == "note":
        sheet.text(MARGIN + 0.12, y, line.label, size=SMALL, colour=LIGHT.muted)
        return
    is_quiet = line.kind == "message"
    if line.label:
        sheet.text(
            MARGIN,
            y - (0.03 if line.kind == "more" else 0.0),
            line.label,
            size=SIZE,
            weight=weight,
            italic=is_quiet,
            colour=LIGHT.muted if is_quiet else LIGHT.text,
        )
    for column in page.columns.columns:
        text = line.cells.get(column.key, "")
        if text:
            sheet.text(column.right, y, text, size=SIZE, weight=weight, align="right")


def _draw_marks(page: Page, line: Line, y: float, scale: Scale, largest: float) -> None:
    sheet, style = page.sheet, page.style
    if line.study is not None:
        draw_judgements(sheet, page.columns.bias, y, line.study.judgements, page.palette)
    if line.study is not None and line.study.effect is not None:
        effect, share = line.study.effect, line.study.weight_percent
        # The squares of a long figure are smaller, so that those of neighbours do not touch.
        full = CLOSE_SQUARE if page.is_long else 1.0
        relative = full * share / largest if share is not None and largest > 0 else None
        draw_study(sheet, scale, y, (effect.ci_low, effect.estimate, effect.ci_high), relative, style=style)
    if line.pooled is not None and line.kind == "pooled":
        effect = line.pooled
        draw_diamond(sheet, scale, y, (effect.ci_low, effect.estimate, effect.ci_high), style=style)
    if line.prediction is not None:
        draw_prediction(sheet, scale, y, (line.prediction.low, line.prediction.high), style=style)
