"""Colours by role, for light and for dark pages. Figures are drawn light; `render` recolours for dark."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Theme:
    """One colour for each role. Within a theme all colours differ, so that a role is known by its colour."""

    page: str
    text: str
    muted: str
    line: str
    faint: str
    square: str
    square_edge: str
    interval: str
    diamond: str
    prediction: str
    box: str
    box_edge: str
    waiting: str
    waiting_edge: str
    contour_1: str
    contour_2: str
    contour_3: str
    band: str
    revman: str
    bmj: str
    jama: str


LIGHT = Theme(
    page="#ffffff",
    text="#1c2024",
    muted="#57606a",
    line="#6b747d",
    faint="#d5dae0",
    square="#2f6296",
    square_edge="#1f4a75",
    interval="#26303a",
    diamond="#15181b",
    prediction="#b3261e",
    box="#fdfdfe",
    box_edge="#7c8894",
    waiting="#fff8e6",
    waiting_edge="#9a6b00",
    contour_1="#eceff2",
    contour_2="#d9dee4",
    contour_3="#c4ccd4",
    band="#edf2f8",
    revman="#1c49c9",
    bmj="#2a6ebb",
    jama="#374e55",
)

DARK = Theme(
    page="#131715",
    text="#e7eaee",
    muted="#a6b0bb",
    line="#8d98a4",
    faint="#3a424b",
    square="#7db3e8",
    square_edge="#a9cdf2",
    interval="#d3d9e0",
    diamond="#f4f6f8",
    prediction="#ff8a80",
    box="#1a1f1c",
    box_edge="#7d8996",
    waiting="#2e2716",
    waiting_edge="#d9a93a",
    contour_1="#20262d",
    contour_2="#2b333c",
    contour_3="#38424d",
    band="#1c252d",
    revman="#7fa2ff",
    bmj="#79b4ec",
    jama="#a3bcc4",
)

THEMES = {"light": LIGHT, "dark": DARK}


def recolouring(theme: str) -> dict[str, str]:
    """Return the map from the colours of the light theme to those of another.

    Parameters
    ----------
    theme : {"light", "dark"}
        The theme to change to.

    Returns
    -------
    dict of colour to colour
        Empty for "light".

    Raises
    ------
    ValueError
        If the theme is not known.
    """
    if theme not in THEMES:
        raise ValueError(f"theme {theme!r} is not one of {sorted(THEMES)}")
    wanted = THEMES[theme]
    return {
        getattr(LIGHT, field.name): getattr(wanted, field.name)
        for field in fields(Theme)
        if wanted is not LIGHT
    }


def inline_css() -> str:
    """Return the style sheet that recolours inline figures with the page.

    Returns
    -------
    str
        What ``static/css/figures.css`` holds. An inline figure has the light colours as attributes, which any
        rule of a style sheet overrides, so that one picture serves light and dark pages.
    """
    lines = [
        "/* Written by analysis.plots.theme.inline_css; a test compares. Inline figures follow the page. */"
    ]
    for field in fields(Theme):
        colour = f"light-dark({getattr(LIGHT, field.name)}, {getattr(DARK, field.name)})"
        name = field.name.replace("_", "-")
        lines.append(f".figure-fill-{name} {{ fill: {colour}; }}")
        lines.append(f".figure-stroke-{name} {{ stroke: {colour}; }}")
    return "\n".join(lines) + "\n"


def role_of(colour: str) -> str | None:
    """Return the role of a colour of the light theme, as class names have it.

    Parameters
    ----------
    colour : str
        "#rrggbb".

    Returns
    -------
    str or None
        None for a colour that means the same in both themes.
    """
    for field in fields(Theme):
        if getattr(LIGHT, field.name) == colour.lower():
            return field.name.replace("_", "-")
    return None
