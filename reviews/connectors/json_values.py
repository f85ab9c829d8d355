"""Values out of JSON of others: of the type expected, clean, or empty. Never an error for a field amiss."""

from __future__ import annotations

import json
import re
from typing import Any

from reviews.formats.text import clean, squash

_SURROGATES = re.compile(r"[\ud800-\udfff]")


def at(node: object, *path: str) -> object:
    """Return what stands at `path` of nested objects, or None.

    Parameters
    ----------
    node : object
        Parsed JSON.
    *path : str
        Names, from the outside in.

    Returns
    -------
    object
        Any JSON value.
    """
    for name in path:
        if not isinstance(node, dict):
            return None
        node = node.get(name)
    return node


def text_at(node: object, *path: str) -> str:
    """Return the text at `path` on one line; of a list its first text, of a number its digits.

    Parameters
    ----------
    node : object
        Parsed JSON.
    *path : str
        Names, from the outside in.

    Returns
    -------
    str
        Clean, "" where nothing of use stands there.
    """
    found = at(node, *path)
    return next(iter(_texts(found)), "")


def texts_at(node: object, *path: str) -> tuple[str, ...]:
    """Return all texts at `path`, each once.

    Parameters
    ----------
    node : object
        Parsed JSON.
    *path : str
        Names, from the outside in.

    Returns
    -------
    tuple of str
        In the order given.
    """
    return tuple(dict.fromkeys(_texts(at(node, *path))))


def items_at(node: object, *path: str) -> list[dict[str, Any]]:
    """Return the objects in the list at `path`; one object alone is a list of one.

    Parameters
    ----------
    node : object
        Parsed JSON.
    *path : str
        Names, from the outside in.

    Returns
    -------
    list of dict
        What is no object is left out.
    """
    found = at(node, *path)
    if isinstance(found, dict):
        return [found]
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def number_at(node: object, *path: str) -> int | None:
    """Return the whole number at `path`, written as one or as its digits; None where there is none.

    Parameters
    ----------
    node : object
        Parsed JSON.
    *path : str
        Names, from the outside in.

    Returns
    -------
    int or None
        Not negative.
    """
    found = at(node, *path)
    if isinstance(found, str) and found.strip().isdecimal() and len(found.strip()) < 19:
        return int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        return None
    return found if found >= 0 else None


def source_text(item: dict[str, Any]) -> str:
    """Return the record as canonical JSON: the same content is always the same text.

    Parameters
    ----------
    item : dict
        One record as the service gave it.

    Returns
    -------
    str
        Keys in order, no white space.
    """
    return scrub(json.dumps(item, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def scrub(text: str) -> str:
    """Replace halves of characters, which JSON can state and no database can store.

    Parameters
    ----------
    text : str
        Any text out of JSON.

    Returns
    -------
    str
        Encodable.
    """
    return _SURROGATES.sub("\ufffd", text)


def _texts(found: object) -> list[str]:
    if isinstance(found, list):
        return [text for item in found if not isinstance(item, list) for text in _texts(item)]
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return []
    text = squash(clean(scrub(str(found))))
    return [text] if text else []
