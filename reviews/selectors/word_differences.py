"""Two texts word by word: what both have, and what only one of them has."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\w+|[^\w\s]|\s+")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of words that both texts have, or only this one."""

    text: str
    is_own: bool


def parts(left: str, right: str) -> tuple[list[Part], list[Part]]:
    """Each text cut into what it shares with the other and what is its own; letter case is no difference."""
    here, there = _WORD.findall(left), _WORD.findall(right)
    matcher = SequenceMatcher(None, [word.casefold() for word in here], [word.casefold() for word in there])
    ours: list[Part] = []
    theirs: list[Part] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        _add(ours, here[a:b], is_own=tag != "equal")
        _add(theirs, there[c:d], is_own=tag != "equal")
    return ours, theirs


def _add(to: list[Part], words: list[str], *, is_own: bool) -> None:
    text = "".join(words)
    if not text:
        return
    # A blank between two marked words would cut the mark in two.
    if to and to[-1].is_own == is_own:
        text = to.pop().text + text
    to.append(Part(text, is_own and not text.isspace()))
