"""The PRISMA 2020 flow diagram: new review, databases and registers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.plots.prisma_boxes import FlowBox, FlowStep
from analysis.plots.sheet import Sheet, wrap
from analysis.plots.theme import LIGHT

SIZE = 9.0
LEADING = 0.165
PADDING = 0.11
GAP_DOWN = 0.34
GAP_SIDE = 0.4
GAP_BETWEEN = 0.12
STAGES = {"identification": "Identification", "screening": "Screening", "included": "Included"}
HEADING = "Identification of studies via databases and registers"
# Heading and side labels keep their colours in the dark: their ink is dark too.
BAND, BAND_INK, STAGE_FILL, STAGE_INK = "#f4c542", "#241a00", "#a9cbea", "#0c2239"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns stand, in inches."""

    width: float
    main: float
    main_width: float
    side: float
    side_width: float
    stage: float | None


WIDE = _Layout(width=8.0, main=0.62, main_width=3.35, side=4.37, side_width=3.45, stage=0.15)
# For a telephone: side boxes under their step, indented; readable at 390 px.
NARROW = _Layout(width=3.75, main=0.12, main_width=3.5, side=0.5, side_width=3.12, stage=None)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A box with its lines, ready to draw."""

    box: FlowBox
    lines: tuple[tuple[str, bool], ...]
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return 2 * PADDING + LEADING * len(self.lines)

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def prisma(
    steps: Sequence[FlowStep], *, urls: Mapping[str, str] | None = None, narrow: bool = False
) -> Figure:
    """Draw the flow diagram.

    Parameters
    ----------
    steps : sequence of FlowStep
        From `flow_steps`.
    urls : mapping of box key to address, optional
        Boxes found here become links.
    narrow : bool
        Stack the side boxes under their steps, for a telephone.

    Returns
    -------
    matplotlib.figure.Figure
        In SVG each box is one link with the id ``box-<key>`` or ``narrow-box-<key>``: a page may hold both.
    """
    layout, prefix = (NARROW, "narrow-box") if narrow else (WIDE, "box")
    rows, bottom = _place(steps, layout)
    sheet = Sheet(layout.width, bottom + 0.15)
    right = layout.side + layout.side_width
    sheet.rectangle(layout.main, 0.15, right - layout.main, 0.34, fill=BAND)
    middle = (layout.main + right) / 2
    heading_size = SIZE if not narrow else 8.0
    sheet.text(middle, 0.32, HEADING, size=heading_size, weight="bold", align="center", colour=BAND_INK)
    if layout.stage is not None:
        _draw_stages(sheet, rows, layout.stage)
    _draw_arrows(sheet, rows, narrow=narrow)
    for _, main, sides in rows:
        for placed in (main, *sides):
            _draw_box(sheet, placed, (urls or {}).get(placed.box.key), prefix)
    return sheet.figure


_Row = tuple[FlowStep, _Placed, list[_Placed]]


def _place(steps: Sequence[FlowStep], layout: _Layout) -> tuple[list[_Row], float]:
    rows: list[_Row] = []
    y = 0.15 + 0.34 + 0.22
    for step in steps:
        main = _placed(step.main, layout.main, y, layout.main_width)
        sides: list[_Placed] = []
        side_y = main.bottom + GAP_BETWEEN + 0.06 if layout.stage is None else y
        for box in step.sides:
            side = _placed(box, layout.side, side_y, layout.side_width)
            sides.append(side)
            side_y = side.bottom + GAP_BETWEEN
        rows.append((step, main, sides))
        y = max([main.bottom, *(side.bottom for side in sides)]) + GAP_DOWN
    return rows, y - GAP_DOWN


def _placed(box: FlowBox, x: float, y: float, width: float) -> _Placed:
    room = width - 2 * PADDING
    lines = [(line, False) for line in wrap(box.heading, room, SIZE)]
    for line in box.lines:
        depth = len(line) - len(line.lstrip())
        indent = " " * (3 + depth)
        lines += [(indent + part, True) for part in wrap(line.strip(), room - 0.05 * len(indent), SIZE)]
    return _Placed(box, tuple(lines), x, y, width)


def _draw_box(sheet: Sheet, placed: _Placed, url: str | None, prefix: str) -> None:
    is_waiting = placed.box.is_waiting
    sheet.rectangle(
        placed.x,
        placed.y,
        placed.width,
        placed.height,
        fill=LIGHT.waiting if is_waiting else LIGHT.box,
        edge=LIGHT.waiting_edge if is_waiting else LIGHT.box_edge,
        line_width=0.9,
        dashed=is_waiting,
        url=url,
        gid=f"{prefix}-{placed.box.key}",
    )
    for i, (line, _) in enumerate(placed.lines):
        # Leading spaces would be collapsed in SVG text: they become a shift.
        indent = 0.05 * (len(line) - len(line.lstrip(" ")))
        y = placed.y + PADDING + LEADING * (i + 0.5)
        sheet.text(placed.x + PADDING + indent, y, line.strip(), size=SIZE, url=url)


def _draw_stages(sheet: Sheet, rows: Sequence[_Row], x: float) -> None:
    for stage, name in STAGES.items():
        of_stage = [row for row in rows if row[0].stage == stage]
        if not of_stage:
            continue
        top = of_stage[0][1].y
        bottom = max(box.bottom for _, main, sides in of_stage for box in (main, *sides))
        # The last label must hold its word even where its boxes are low.
        size = SIZE if bottom - top > 0.85 else 7.0
        sheet.rectangle(x, top, 0.32, bottom - top, fill=STAGE_FILL)
        sheet.text(
            x + 0.16,
            (top + bottom) / 2,
            name,
            size=size,
            weight="bold",
            align="center",
            colour=STAGE_INK,
            rotation=90,
        )


def _draw_arrows(sheet: Sheet, rows: Sequence[_Row], *, narrow: bool) -> None:
    for i, (_, main, sides) in enumerate(rows):
        if i + 1 < len(rows):
            x = main.x + 0.15 if narrow else main.middle
            sheet.arrow((x, main.bottom), (x, rows[i + 1][1].y))
        elif narrow and sides:
            trunk = main.x + 0.15
            foot = sides[-1].y + sides[-1].height / 2
            sheet.line([(trunk, main.bottom), (trunk, foot)], colour=LIGHT.line)
        for side in sides:
            if narrow:
                y = side.y + side.height / 2
                sheet.arrow((main.x + 0.15, y), (side.x, y))
                continue
            start = min(side.y + side.height / 2, main.bottom - 0.12)
            end = side.y + side.height / 2
            if side is sides[0]:
                start = end = min(start, end)
                sheet.arrow((main.x + main.width, start), (side.x, end))
            else:
                # From the first arrow down and over: what waits has not left the flow.
                x = main.x + main.width + GAP_SIDE / 2
                first = min(sides[0].y + sides[0].height / 2, main.bottom - 0.12)
                sheet.line([(x, first), (x, end)], colour=LIGHT.line)
                sheet.arrow((x, end), (side.x, end))
