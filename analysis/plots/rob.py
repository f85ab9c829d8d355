"""Risk of bias: the traffic light (one row a study) and the summary (one bar a domain)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from matplotlib.figure import Figure

from analysis.plots.numbers import percentages
from analysis.plots.sheet import Sheet, shorten, text_width, wrap
from analysis.plots.theme import LIGHT

Palette = Literal["cochrane", "colour_blind"]
SIZE = 9.0
SMALL = 8.0
CELL = 0.46
ROW = 0.34
LABEL_MAX = 3.2
OVERALL = "Overall"


@dataclass(frozen=True, slots=True)
class Level:
    """How a judgement looks: fill, sign and the colour of the sign (never colour alone)."""

    id: str
    label: str
    sign: str
    fill: str
    ink: str


# Not quite white: pure white is the page of the light theme and would turn dark with it.
_DARK_INK, _LIGHT_INK = "#000000", "#fffffe"
PALETTES: dict[Palette, tuple[Level, ...]] = {
    "cochrane": (
        Level("low", "Low risk of bias", "+", "#02C100", _DARK_INK),
        Level("some_concerns", "Some concerns", "−", "#E2DF07", _DARK_INK),
        Level("high", "High risk of bias", "×", "#BF0000", _LIGHT_INK),
    ),
    "colour_blind": (
        Level("low", "Low risk of bias", "+", "#fed98e", _DARK_INK),
        Level("some_concerns", "Some concerns", "−", "#fe9929", _DARK_INK),
        Level("high", "High risk of bias", "×", "#d95f0e", _DARK_INK),
    ),
}
_NOT_JUDGED = "not judged yet"


@dataclass(frozen=True, slots=True)
class RobRow:
    """One result: its label, the final judgements by domain, and its weight in the synthesis.

    Attributes
    ----------
    label : str
        Unique in the plot.
    judgements : mapping of domain id to "low", "some_concerns", "high" or None
    overall : str or None
    weight_percent : float or None
    """

    label: str
    judgements: Mapping[str, str | None]
    overall: str | None
    weight_percent: float | None = None

    def judgement(self, domain: str) -> str | None:
        """Return the final judgement of a domain, or overall for `OVERALL`."""
        return self.overall if domain == OVERALL else self.judgements.get(domain)


@dataclass(frozen=True, slots=True)
class RobData:
    """Judgements made with one tool on one outcome; never mix tools in one plot.

    Attributes
    ----------
    title : str
    domains : tuple of (id, label)
        In the tool's order.
    rows : tuple of RobRow
    notes : tuple of str
    """

    title: str
    domains: tuple[tuple[str, str], ...]
    rows: tuple[RobRow, ...]
    notes: tuple[str, ...] = ()


def traffic_light(data: RobData, *, palette: Palette = "cochrane") -> Figure:
    """Draw studies against domains, each judgement a coloured circle with its sign.

    Parameters
    ----------
    data : RobData
    palette : {"cochrane", "colour_blind"}

    Returns
    -------
    matplotlib.figure.Figure
    """
    columns = [domain for domain, _ in data.domains] + [OVERALL]
    label_width = min(LABEL_MAX, max([text_width(row.label, SIZE) for row in data.rows] + [1.2]))
    left = 0.2 + label_width + 0.25
    width = max(left + CELL * (len(columns) - 1) + 0.75 + 0.2, 5.8)
    title = wrap(data.title, width - 0.4, 11, "bold") if data.title else []
    legend = [f"{domain}: {label}" for domain, label in data.domains] + list(data.notes)
    notes = [line for text in legend for line in wrap(text, width - 0.4, SMALL)]
    top = 0.2 + 0.23 * len(title)
    bottom = top + 0.4 + ROW * max(1, len(data.rows))
    sheet = Sheet(width, bottom + 0.5 + 0.165 * len(notes) + 0.1)
    for i, line in enumerate(title):
        sheet.text(0.2, 0.27 + 0.23 * i, line, size=11, weight="bold")
    centres = [left + CELL * (i + 0.5) for i in range(len(columns) - 1)]
    centres.append(left + CELL * (len(columns) - 1) + 0.4)
    for domain, x in zip(columns, centres, strict=True):
        sheet.text(x, top + 0.2, domain, size=SIZE, weight="bold", align="center")
    sheet.line([(0.2, top + 0.36), (width - 0.2, top + 0.36)], colour=LIGHT.line)
    levels = {level.id: level for level in PALETTES[palette]}
    for i, row in enumerate(data.rows):
        y = top + 0.4 + ROW * (i + 0.5)
        sheet.text(0.2, y, shorten(row.label, label_width + 0.05, SIZE), size=SIZE)
        for domain, x in zip(columns, centres, strict=True):
            judgement = row.judgement(domain)
            _draw_light(sheet, x, y, None if judgement is None else levels[judgement])
        if i:
            line_y = y - ROW / 2
            sheet.line([(0.2, line_y), (width - 0.2, line_y)], colour=LIGHT.faint, width=0.5)
    if not data.rows:
        sheet.text(0.2, top + 0.57, "No study is appraised yet", size=SIZE, italic=True, colour=LIGHT.muted)
    _draw_legend(sheet, 0.2, bottom + 0.22, palette, has_gaps=_has_gaps(data, columns))
    for i, line in enumerate(notes):
        sheet.text(0.2, bottom + 0.5 + 0.165 * i, line, size=SMALL, colour=LIGHT.muted)
    return sheet.figure


def rob_summary(data: RobData, *, weighted: bool, palette: Palette = "cochrane") -> Figure:
    """Draw the share of each judgement by domain.

    Parameters
    ----------
    data : RobData
    weighted : bool
        Weight each study as in the synthesis; else count studies.
    palette : {"cochrane", "colour_blind"}

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If weights are asked for and a row has none.
    """
    if weighted and any(row.weight_percent is None for row in data.rows):
        missing = [row.label for row in data.rows if row.weight_percent is None]
        raise ValueError(f"weighted summary needs a weight for each row; none for {missing}")
    columns = [*data.domains, (OVERALL, "Overall risk of bias")]
    labels = [f"{domain}: {label}" if domain != OVERALL else label for domain, label in columns]
    label_width = max(text_width(label, SIZE, "bold") for label in labels)
    left, bar = 0.2 + label_width + 0.25, 4.0
    width = left + bar + 0.35
    title = wrap(data.title, width - 0.4, 11, "bold") if data.title else []
    basis = _basis(data, weighted=weighted)
    notes = [line for text in (basis, *data.notes) for line in wrap(text, width - 0.4, SMALL)]
    top = 0.2 + 0.23 * len(title) + 0.1
    bottom = top + ROW * len(columns)
    sheet = Sheet(width, bottom + 0.75 + 0.165 * len(notes) + 0.1)
    for i, line in enumerate(title):
        sheet.text(0.2, 0.27 + 0.23 * i, line, size=11, weight="bold")
    for i, (domain, _) in enumerate(columns):
        y = top + ROW * (i + 0.5)
        sheet.text(0.2, y, labels[i], size=SIZE, weight="bold" if domain == OVERALL else "normal")
        _draw_bar(sheet, (left, y, bar), _shares(data, domain, weighted=weighted), palette)
    for share in (0, 25, 50, 75, 100):
        x = left + bar * share / 100
        sheet.line([(x, bottom), (x, bottom + 0.05)], colour=LIGHT.line)
        sheet.text(x, bottom + 0.15, f"{share}%", size=SMALL, align="center")
    gaps = _has_gaps(data, [domain for domain, _ in columns])
    _draw_legend(sheet, 0.2, bottom + 0.45, palette, has_gaps=gaps)
    for i, line in enumerate(notes):
        sheet.text(0.2, bottom + 0.72 + 0.165 * i, line, size=SMALL, colour=LIGHT.muted)
    return sheet.figure


def _basis(data: RobData, *, weighted: bool) -> str:
    n = f"{len(data.rows)} {'study' if len(data.rows) == 1 else 'studies'}"
    return f"{n}, weighted as in the synthesis" if weighted else f"{n}, each counted once"


def _shares(data: RobData, domain: str, *, weighted: bool) -> dict[str | None, float]:
    shares: dict[str | None, float] = {}
    for row in data.rows:
        weight = (row.weight_percent or 0.0) if weighted else 1.0
        judgement = row.judgement(domain)
        shares[judgement] = shares.get(judgement, 0.0) + weight
    return shares


def _draw_bar(
    sheet: Sheet, place: tuple[float, float, float], shares: Mapping[str | None, float], palette: Palette
) -> None:
    left, y, width = place
    height = ROW * 0.68
    present = [level for level in PALETTES[palette] if shares.get(level.id)]
    ordered: list[Level | None] = [*present, *([None] if shares.get(None) else [])]
    weights = [shares[level.id if level else None] for level in ordered]
    total = sum(weights)
    x = left
    for level, weight, percent in zip(ordered, weights, percentages(weights, 0), strict=True):
        part = width * weight / total
        fill = level.fill if level else LIGHT.box
        sheet.rectangle(x, y - height / 2, part, height, fill=fill, edge=LIGHT.line, line_width=0.5)
        sign = f"{level.sign} " if level else ""
        text = f"{sign}{percent}%"
        if text_width(text, SMALL) + 0.06 > part:
            text = level.sign if level else ""
        if text_width(text, SMALL) + 0.02 <= part:
            sheet.text(x + part / 2, y, text, size=SMALL, align="center", colour=_ink(level))
        x += part
    sheet.rectangle(left, y - height / 2, width, height, edge=LIGHT.line, line_width=0.7)


def _ink(level: Level | None) -> str:
    return LIGHT.text if level is None else level.ink


def _draw_light(sheet: Sheet, x: float, y: float, level: Level | None) -> None:
    if level is None:
        sheet.circle(x, y, 0.115, fill=None, edge=LIGHT.box_edge)
        return
    sheet.circle(x, y, 0.125, fill=level.fill, edge=LIGHT.line)
    sheet.text(x, y - 0.012, level.sign, size=12, weight="bold", align="center", colour=level.ink)


def _draw_legend(sheet: Sheet, x: float, y: float, palette: Palette, *, has_gaps: bool) -> None:
    entries: list[tuple[Level | None, str]] = [(level, level.label) for level in PALETTES[palette]]
    if has_gaps:
        entries.append((None, _NOT_JUDGED))
    for level, label in entries:
        _draw_light(sheet, x + 0.12, y, level)
        sheet.text(x + 0.3, y, label, size=SMALL)
        x += 0.3 + text_width(label, SMALL) + 0.22


def _has_gaps(data: RobData, columns: list[str]) -> bool:
    return any(row.judgement(domain) is None for row in data.rows for domain in columns)
