"""Figures to bytes: the same figure gives the same bytes, on any day."""

import io
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Literal

import matplotlib as mpl
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.typing import ColorType, RcKeyType

from analysis.plots.svg import finish_svg
from analysis.plots.theme import THEMES, recolouring

Format = Literal["svg", "png", "pdf"]

PNG_DPI = 200
# Beyond this many pixels a side, browsers and printers give up (matplotlib does at 65 536).
PNG_SIDE = 32_000
_SETTINGS: dict[RcKeyType, object] = {
    "svg.hashsalt": "perennial",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "pdf.compression": 6,
}


def render(
    figure: Figure,
    fmt: Format,
    *,
    theme: Literal["light", "dark"] = "light",
    title: str,
    description: str,
) -> bytes:
    """Render a figure of this package.

    Parameters
    ----------
    figure : Figure
        As drawn, in the light theme; it is left as it was.
    fmt : {"svg", "png", "pdf"}
        SVG is transparent, to lie on the page; PNG and PDF have the theme's page colour.
    theme : {"light", "dark"}
        The colours.
    title : str
        One line that names the figure; ``<title>`` in SVG.
    description : str
        What the figure shows, for those who cannot see it; ``<desc>`` in SVG.

    Returns
    -------
    bytes
        No dates and no random identifiers in them: equal input, equal bytes.

    Raises
    ------
    ValueError
        If the format or the theme is not known.
    """
    if fmt not in {"svg", "png", "pdf"}:
        raise ValueError(f"format {fmt!r} is not one of svg, png, pdf")
    colours = recolouring(theme)
    buffer = io.BytesIO()
    with ExitStack() as restore, mpl.rc_context(_SETTINGS):
        _recolour(figure, colours, restore)
        if fmt == "svg":
            figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        elif fmt == "png":
            facts = {"Software": None, "Title": title, "Description": description}
            dpi = min(PNG_DPI, PNG_SIDE / max(figure.get_size_inches()))
            figure.savefig(buffer, format="png", dpi=dpi, facecolor=THEMES[theme].page, metadata=facts)
        else:
            facts = {"CreationDate": None, "Title": title, "Subject": description}
            figure.savefig(buffer, format="pdf", facecolor=THEMES[theme].page, metadata=facts)
    if fmt == "svg":
        return finish_svg(buffer.getvalue(), title=title, description=description)
    return buffer.getvalue()


def _recolour(figure: Figure, colours: Mapping[str, str], restore: ExitStack) -> None:
    for artist in figure.findobj():
        if isinstance(artist, Patch):
            _swap(artist.get_facecolor, artist.set_facecolor, colours, restore)
            _swap(artist.get_edgecolor, artist.set_edgecolor, colours, restore)
        elif isinstance(artist, Line2D | Text):
            _swap(artist.get_color, artist.set_color, colours, restore)


def _swap(
    get: Callable[[], ColorType],
    put: Callable[[ColorType], None],
    colours: Mapping[str, str],
    restore: ExitStack,
) -> None:
    before = get()
    after = colours.get(to_hex(before))
    if after is not None and to_rgba(before)[3] > 0:
        put(after)
        restore.callback(put, before)
