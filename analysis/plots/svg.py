"""What matplotlib's SVG lacks: a title, one link a box, and a form that a strict policy allows inline."""

import math
import re
from collections.abc import Iterator

from lxml import etree

from analysis.plots.theme import role_of

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
_HREF = f"{{{XLINK}}}href"
# A reader's machine may lack the font that was measured with; Verdana is nearly as wide.
_MEASURED = "'DejaVu Sans'"
_FALLBACK = "Verdana, sans-serif"
_GENERATED_ID = re.compile(r"^(figure|axes|patch|text|line2d|matplotlib\.axis|xtick|ytick)_\d+$")
_REFERENCE = re.compile(r"url\(#([^)]+)\)|^#(.+)$")
# A circle as matplotlib writes it: a start and eight curves.
_CIRCLE = re.compile(r"^M((?: -?[\d.]+){2}\s*)((?:C(?: -?[\d.]+){6}\s*){8})z\s*$")
# "italic 700 12px 'DejaVu Sans', sans-serif": the shorthand has no presentation attribute of its own.
_FONT = re.compile(r"^(?P<before>(?:[\w-]+\s+)*?)(?P<size>[\d.]+(?:px|pt|em))(?:/\S+)?\s+(?P<family>.+)$")


def finish_svg(svg: bytes, *, title: str, description: str) -> bytes:
    """Give an SVG its name, its description and one link for each linked box.

    Parameters
    ----------
    svg : bytes
        As matplotlib writes it.
    title, description : str
        Text of ``<title>`` and ``<desc>``.

    Returns
    -------
    bytes
        A whole document, for ``<img>`` and downloads.
    """
    root = _parse(svg)
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    for position, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = etree.Element(f"{{{SVG}}}{tag}", nsmap=None)
        element.text = text
        element.tail = "\n "
        root.insert(position, element)
    root.set("role", "img")
    for element in root.iter(f"{{{SVG}}}text"):
        element.set("style", element.get("style", "").replace(_MEASURED, f"{_MEASURED}, {_FALLBACK}"))
    _round(root)
    _join_links(root)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def svg_for_inline(svg: bytes) -> str:
    """Rewrite an SVG so that it may stand in a page whose policy forbids inline styles.

    Parameters
    ----------
    svg : bytes
        From `render`.

    Returns
    -------
    str
        An ``<svg>`` element: no XML declaration, no ``style`` attribute, no ``<style>``, no generated ids;
        links as plain ``href``; colours as attributes, each with a class that ``figures.css`` recolours for
        dark pages; the size as ``viewBox`` only, so that the page's style sheet sizes it.

    Raises
    ------
    ValueError
        If a ``font`` shorthand cannot be taken apart.
    """
    root = _parse(svg)
    for style in list(root.iter(f"{{{SVG}}}style")):
        _remove(style)
    # The rules of the removed style element, as inherited attributes.
    root.set("stroke-linejoin", "round")
    root.set("stroke-linecap", "butt")
    referenced = set(_references(root))
    for element in root.iter(etree.Element):
        _inline_style(element)
        if _GENERATED_ID.match(element.get("id", "")) and element.get("id") not in referenced:
            del element.attrib["id"]
        if _HREF in element.attrib:
            element.set("href", element.get(_HREF, ""))
            del element.attrib[_HREF]
    for definitions in list(root.iter(f"{{{SVG}}}defs")):
        if len(definitions) == 0:
            _remove(definitions)
    for name in ("width", "height", "version"):
        if name in root.attrib:
            del root.attrib[name]
    if root.find(f".//{{{SVG}}}a") is not None:
        # An image is one thing to assistive technology; links inside it could not be reached.
        root.set("role", "group")
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="unicode")


def _parse(svg: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    return etree.fromstring(svg, parser)


def _round(root: etree._Element) -> None:
    """Write circles as circles: a tenth of the bytes of eight curves, and round at any size."""
    for path in root.iter(f"{{{SVG}}}path"):
        match = _CIRCLE.match(path.get("d", ""))
        if match is None:
            continue
        numbers = [float(part) for part in match[2].replace("C", " ").split()]
        points = list(zip(numbers[4::6], numbers[5::6], strict=True))
        x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
        radii = [math.hypot(px - x, py - y) for px, py in points]
        # In user units, a 72nd of an inch; an ellipse or a rounded box stays a path.
        if max(radii) - min(radii) > 1e-3:
            continue
        path.tag = f"{{{SVG}}}circle"
        del path.attrib["d"]
        for name, value in (("cx", x), ("cy", y), ("r", radii[0])):
            path.set(name, f"{value:.6g}")


def _join_links(root: etree._Element) -> None:
    """Put neighbouring groups that link to the same place into one link: one stop for the Tab key."""
    for parent in list(root.iter(f"{{{SVG}}}g")):
        link: etree._Element | None = None
        for group in list(parent):
            inner = group[0] if len(group) == 1 and group[0].tag == f"{{{SVG}}}a" else None
            if inner is None:
                link = None
                continue
            if link is None or link.get(_HREF) != inner.get(_HREF):
                link = etree.Element(f"{{{SVG}}}a")
                link.set(_HREF, inner.get(_HREF, ""))
                parent.insert(parent.index(group), link)
            for child in list(inner):
                group.append(child)
            group.remove(inner)
            link.append(group)


def _inline_style(element: etree._Element) -> None:
    style = element.get("style", "")
    if "style" in element.attrib:
        del element.attrib["style"]
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            for attribute, part in _font(value):
                element.set(attribute, part)
        elif name:
            element.set(name, value)
    roles = [
        f"figure-{name}-{role}" for name in ("fill", "stroke") if (role := role_of(element.get(name, "")))
    ]
    if roles:
        element.set("class", " ".join(roles))


def _font(shorthand: str) -> Iterator[tuple[str, str]]:
    match = _FONT.match(shorthand)
    if match is None:
        raise ValueError(f"font shorthand {shorthand!r} has no size and family")
    for word in match["before"].split():
        if word in {"italic", "oblique"}:
            yield "font-style", word
        elif word.isdigit() or word in {"bold", "bolder", "lighter"}:
            yield "font-weight", word
    yield "font-size", match["size"]
    yield "font-family", match["family"]


def _references(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        for value in element.attrib.values():
            for match in _REFERENCE.finditer(str(value)):
                yield match[1] or match[2]


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
