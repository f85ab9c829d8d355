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
        ours.append(Part("".join(here[a:b]), tag != "equal"))
        theirs.append(Part("".join(there[c:d]), tag != "equal"))
    return _joined(ours), _joined(theirs)


def _joined(found: list[Part]) -> list[Part]:
    """Blanks between two marked words belong to the mark, and empty stretches to nothing."""
    kept = [part for part in found if part.text]
    joined: list[Part] = []
    for place, part in enumerate(kept):
        is_between = part.text.isspace() and 0 < place < len(kept) - 1
        is_own = part.is_own or (is_between and kept[place - 1].is_own and kept[place + 1].is_own)
        before = joined.pop().text if joined and joined[-1].is_own == is_own else ""
        joined.append(Part(before + part.text, is_own))
    return joined
