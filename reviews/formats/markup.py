"""Titles and abstracts with HTML, JATS or MathML in them, as plain text."""

from __future__ import annotations

import html
import re

from reviews.formats.text import clean, squash

_HEADINGS = frozenset({"title", "h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset(
    ["p", "sec", "div", "li", "ul", "ol", "list", "list-item", "br", "table", "tr", "abstract"]
)
_INLINE = (
    "b|i|u|em|strong|sub|sup|inf|span|a|italic|bold|underline|sc|scp|tt|monospace|small|font|ext-link|xref|"
    "inline-formula|tex-math|alternatives|label|td|th|tbody|thead|section|article|head|body|html|img|strike|abstract"
)
_NAMES = "|".join(sorted((*_HEADINGS, *_BLOCKS), key=len, reverse=True)) + "|" + _INLINE
# Only names that these languages have, or a name space: "a<b and c>d" in an abstract is no markup.
_TAG = re.compile(rf"<(/?)\s*(?:(?:jats|mml|xhtml|html):([\w-]+)|({_NAMES}))(?:\s[^<>]*)?/?>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->|<\?[^>]*\?>|<!\[CDATA\[|\]\]>", re.DOTALL)
# The first heading of an abstract often only says that it is one.
_CAPTION = re.compile(r"^(?:abstract|summary)\s*[:.]?\s*(?:\n|$)", re.IGNORECASE)
_END_OF_HEADING = "\x1f"
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")


def is_marked_up(text: str) -> bool:
    """Tell whether there are tags or entities in `text`, as databases leave them in their exports.

    Parameters
    ----------
    text : str
        A title or an abstract.

    Returns
    -------
    bool
        False for "p < 0.05", "R & D" and "a<x and y>b".
    """
    return bool(("<" in text and _TAG.search(text)) or ("&" in text and _ENTITY.search(text)))


def plain(text: str) -> str:
    """Return `text` without markup, one section a line, each with its heading before a colon.

    Parameters
    ----------
    text : str
        With or without tags, possibly escaped twice.

    Returns
    -------
    str
        Clean text.

    Examples
    --------
    >>> plain("<jats:title>Aim</jats:title><jats:p>H<jats:sub>2</jats:sub>O &amp;amp; ice</jats:p>")
    'Aim: H2O & ice'
    """
    for _ in range(2):
        text = html.unescape(_TAG.sub(_in_place_of, _COMMENT.sub("", text)))
    lines = [squash(clean(line)) for line in _joined(text).split("\n")]
    return _CAPTION.sub("", "\n".join(line for line in lines if line)).strip()


def plain_line(text: str) -> str:
    """Return `text` without markup on one line, as a title is.

    Parameters
    ----------
    text : str
        As for `plain`.

    Returns
    -------
    str
        One line.
    """
    return squash(plain(text))


def _in_place_of(tag: re.Match[str]) -> str:
    name = (tag.group(2) or tag.group(3)).lower()
    if name in _HEADINGS:
        return _END_OF_HEADING if tag.group(1) else "\n"
    return "\n" if name in _BLOCKS else ""


def _joined(text: str) -> str:
    """Put a heading and what follows it on one line."""
    parts = text.split(_END_OF_HEADING)
    joined = parts[0]
    for part in parts[1:]:
        heading = joined.rsplit("\n", 1)[-1].strip()
        joined = joined.rstrip()
        if not heading or _CAPTION.match(heading):
            joined += "\n"
        elif not heading.endswith((":", ".", "?")):
            joined += ": "
        else:
            joined += " "
        joined += part.lstrip()
    return joined
