"""Whether two abstracts are one text, and what an abstract tells of the record that it belongs to."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from reviews.dedupe.fields import Agreement

# Letters of the beginning: databases agree there, and differ in what they append.
_READ = 600
_COMPARED = 300
# Shorter ones ("No abstract available", "Background: Stroke.") are no evidence.
_SHORTEST = 120
_SAME, _OTHER = 85.0, 60.0
_NOT_LETTER = re.compile(r"[^a-z]+")
# What stands before the text: a heading, or whose text it is.
_BEFORE = re.compile(
    r"^(?:abstract|background|objectives?|introduction|purpose|aims?|importance|context|summary)+"
)
_CORRECTS = re.compile(
    r"^\W*(?:this corrects the article|(?:published )?(?:erratum|corrigendum)\b|correction (?:to|for)\b)"
    r"|^\W*(?:in|the) (?:the )?original (?:publication|version) of (?:this|the) (?:article|paper)\b"
    r"|\bthe authors? (?:regrets?|wish(?:es)? to (?:correct|apologi[sz]e))\b",
    re.IGNORECASE,
)


def beginning(text: str) -> str:
    """Return the letters with which an abstract begins.

    Parameters
    ----------
    text : str
        As found.

    Returns
    -------
    str
        Lower case, without headings; "" where there are too few for evidence.
    """
    letters = _BEFORE.sub("", _NOT_LETTER.sub("", text[:_READ].lower()))[:_COMPARED]
    return letters if len(letters) >= _SHORTEST else ""


def compare_abstracts(one: str, other: str) -> Agreement:
    """Tell whether two abstracts are one text.

    Parameters
    ----------
    one, other : str
        From `beginning`.

    Returns
    -------
    {"same", "near", "unknown", "differ"}
        "unknown" where one is missing.
    """
    if not one or not other:
        return "unknown"
    size = min(len(one), len(other))
    likeness = fuzz.ratio(one[:size], other[:size])
    if likeness >= _SAME:
        return "same"
    return "near" if likeness >= _OTHER else "differ"


def is_of_correction(text: str) -> bool:
    """Tell whether an abstract is the text of a correction: its title may be that of the article.

    Parameters
    ----------
    text : str
        As found.

    Returns
    -------
    bool
        Guessed from how publishers word it.
    """
    return bool(text) and _CORRECTS.search(text[:300]) is not None
