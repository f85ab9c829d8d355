"""Where the columns of a forest plot stand: widths from what is printed, headings broken to fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.plots.forest_axis import favours_height
from analysis.plots.forest_bias import CELL, letters
from analysis.plots.forest_data import ForestData
from analysis.plots.forest_rows import EFFECT, WEIGHT, Line, arm_kind
from analysis.plots.forest_style import Block, ForestStyle
from analysis.plots.forest_words import measure_header
from analysis.plots.sheet import Weight, text_width, wrap

SIZE = 9.0
MARGIN = 0.15
GAP = 0.22
# Between columns of one arm.
NEAR = 0.16
# Headings over an arm's columns are broken at this width rather than stretch a narrow column.
ARM_MAX = 1.15
PLOT_GAP = 0.3
# Letters fitted to pixels are up to a fiftieth wider than measured; over a whole line that is seen.
HINTED = 0.97


@dataclass(frozen=True, slots=True)
class Format:
    """How much of the table there is room for; inches."""

    label_max: float
    plot_width: float
    has_table: bool


WIDE = Format(label_max=3.0, plot_width=3.1, has_table=True)
NARROW = Format(label_max=1.6, plot_width=1.6, has_table=False)


@dataclass(frozen=True, slots=True)
class Column:
    """One column before it has a place; `key` finds its text in a row, `arm` what it stands under."""

    key: str
    header: str
    arm: int | None = None


@dataclass(frozen=True, slots=True)
class PlacedColumn:
    """One column: numbers are set flush with its right end."""

    key: str
    header: tuple[str, ...]
    right: float


@dataclass(frozen=True, slots=True)
class Span:
    """A heading over several columns."""

    lines: tuple[str, ...]
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands from left to right, in inches.

    `bias` has the middle of each column of judgements; `head_lines` is the height of the head in lines.
    """

    label_width: float
    columns: tuple[PlacedColumn, ...]
    spans: tuple[Span, ...]
    plot: tuple[float, float]
    plot_header: tuple[str, ...]
    bias: tuple[float, ...]
    width: float
    head_lines: int

    @property
    def line_width(self) -> float:
        """How long a line from margin to margin may be."""
        return HINTED * (self.width - 2 * MARGIN)

    @property
    def table_right(self) -> float:
        """Where the columns before the plot end."""
        return max([MARGIN + self.label_width, *(c.right for c in self.columns if c.right < self.plot[0])])


def weight_of(line: Line) -> Weight:
    """Return the weight of a row's type."""
    return "bold" if line.is_bold else "normal"


def layout(data: ForestData, lines: Sequence[Line], form: Format, style: ForestStyle) -> Layout:
    """Place all columns.

    Parameters
    ----------
    data : ForestData
    lines : sequence of Line
    form : Format
    style : ForestStyle

    Returns
    -------
    Layout
    """
    label_width = _label_width(data, lines, form, style)
    placer = _Placer(lines)
    left: tuple[Block, ...] = style.left if form.has_table else ("effect",)
    right: tuple[Block, ...] = style.right if form.has_table else ()
    placer.x = MARGIN + label_width + 0.12
    for block in left:
        placer.place(_block(block, data, lines, style), data.arms)
    plot = (placer.x + PLOT_GAP, placer.x + PLOT_GAP + form.plot_width)
    placer.x = plot[1] + 0.05
    for block in right:
        placer.place(_block(block, data, lines, style), data.arms)
    bias = []
    if data.domains and form.has_table:
        placer.x += GAP
        bias = [placer.x + CELL * (i + 0.5) for i in range(len(letters(data.domains)))]
        placer.x = bias[-1] + CELL / 2
        name = wrap("Risk of bias", max(CELL * len(bias), text_width("Risk of", SIZE, "bold")), SIZE, "bold")
        placer.spans.append(Span(tuple(name), bias[0] - CELL / 2, bias[-1] + CELL / 2))
    has_header = style.has_plot_header and form.has_table
    header = tuple(measure_header(data, style).split("\n")) if has_header else ()
    heads = [len(column.header) for column in placer.columns]
    heads.append(favours_height(data, plot, style) if style.is_favours_above else 0)
    under = max((len(c.header) for c in placer.columns if c.key[:-1] in _UNDER), default=1)
    spans = [len(span.lines) + under for span in placer.spans]
    return Layout(
        label_width=label_width,
        columns=tuple(placer.columns),
        spans=tuple(placer.spans),
        plot=plot,
        plot_header=header,
        bias=tuple(bias),
        width=placer.x + MARGIN + 0.05,
        head_lines=max([1, len(header), *heads, *spans]),
    )


_UNDER = frozenset({"events", "total", "mean", "sd", "joined"})


class _Placer:
    """Columns set one after the other."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.x = 0.0
        self.columns: list[PlacedColumn] = []
        self.spans: list[Span] = []
        self._table = [line for line in lines if line.cells]

    def place(self, columns: Sequence[Column], arms: Sequence[str]) -> None:
        """Set columns to the right of what stands, those of one arm close together under its name."""
        start = 0
        while start < len(columns):
            arm = columns[start].arm
            end = start + 1
            while end < len(columns) and arm is not None and columns[end].arm == arm:
                end += 1
            self._place_group(columns[start:end], arms[arm] if arm is not None and arm < len(arms) else "")
            start = end

    def _place_group(self, columns: Sequence[Column], name: str) -> None:
        widths = [self._width(column) for column in columns]
        inner = sum(widths) + NEAR * (len(widths) - 1)
        lines = wrap(name, max(inner, ARM_MAX), SIZE, "bold") if name else []
        needed = max((text_width(line, SIZE, "bold") for line in lines), default=0.0)
        spare = max(0.0, needed - inner) / 2
        self.x += GAP
        left = self.x
        self.x += spare
        for i, (column, width) in enumerate(zip(columns, widths, strict=True)):
            self.x += width + (NEAR if i else 0.0)
            self.columns.append(PlacedColumn(column.key, tuple(column.header.split("\n")), self.x))
        self.x += spare
        if lines:
            self.spans.append(Span(tuple(lines), left, self.x))

    def _width(self, column: Column) -> float:
        heads = [text_width(part, SIZE, "bold") for part in column.header.split("\n")]
        cells = [text_width(line.cells.get(column.key, ""), SIZE, weight_of(line)) for line in self._table]
        return max([*heads, *cells])


def _label_width(data: ForestData, lines: Sequence[Line], form: Format, style: ForestStyle) -> float:
    counted = [line for line in lines if line.kind not in {"note", "space"}]
    widest = max(text_width(_marked(line), SIZE, weight_of(line)) for line in counted)
    return max(min(form.label_max, widest), text_width(style.study_header or data.study_header, SIZE, "bold"))


def _marked(line: Line) -> str:
    return f"{line.label}*" if line.study is not None and line.study.is_corrected else line.label


def _block(block: Block, data: ForestData, lines: Sequence[Line], style: ForestStyle) -> list[Column]:
    if block == "effect":
        return [Column(EFFECT, measure_header(data, style))]
    if block == "weight":
        has_weights = any(line.cells.get(WEIGHT) for line in lines)
        return [Column(WEIGHT, style.weight_header)] if has_weights else []
    return _arm_columns(data, style)


def _arm_columns(data: ForestData, style: ForestStyle) -> list[Column]:
    kind = arm_kind(data)
    if kind == "ready":
        headers = [text.replace(" [", "\n[") if "\n" not in text else text for text in data.column_headers]
        return [Column(f"ready{i}", header) for i, header in enumerate(headers)]
    if kind == "effects":
        name = data.measure_label.replace("\n", " ").partition(" [")[0]
        named = f"log[{name}]" if data.log_scale else name
        effect = "\n".join(wrap(named, ARM_MAX, SIZE, "bold"))
        return [Column("yi", effect), Column("se", "SE")]
    columns = []
    for i in range(max((len(row.arms) for row in data.studies), default=0)):
        if kind == "events" and style.is_joined:
            columns.append(Column(f"joined{i}", style.joined_header, i))
        elif kind == "events":
            columns += [Column(f"events{i}", "Events", i), Column(f"total{i}", "Total", i)]
        elif style.is_joined:
            columns += [Column(f"total{i}", "No.", i), Column(f"joined{i}", "Mean (SD)", i)]
        else:
            names = (("mean", "Mean"), ("sd", "SD"), ("total", "Total"))
            columns += [Column(f"{key}{i}", name, i) for key, name in names]
    return columns
