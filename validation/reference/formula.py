"""Model formulas of the corpus: sums of moderators, their products, and no intercept."""

import re
from dataclasses import dataclass

# What R takes for a name.
_NAME = re.compile(r"(?:[A-Za-z]|\.(?![0-9]))[A-Za-z0-9._]*")


@dataclass(frozen=True)
class Formula:
    """What `~ a + b`, `~ a - 1`, `~ a * b` and `~ a + b + a:b` say."""

    moderators: tuple[str, ...]
    interactions: tuple[tuple[str, ...], ...]
    intercept: bool


def read_formula(text: str) -> Formula:
    """Read a one-sided formula.

    Raises
    ------
    ValueError
        For anything else than names joined by `+`, `*`, `:` and `- 1` or `+ 0`.
    """
    body = text.replace(" ", "")
    if not body.startswith("~"):
        raise ValueError(f"{text!r} is no one-sided formula.")
    moderators: list[str] = []
    interactions: list[tuple[str, ...]] = []
    intercept = True
    for part in body[1:].replace("-1", "+0").split("+"):
        if part in ("0", "1"):
            intercept = part == "1"
            continue
        names = tuple(part.replace("*", ":").split(":"))
        if not all(_NAME.fullmatch(name) for name in names):
            raise ValueError(f"{part!r} in {text!r} is no name of a moderator.")
        if "*" in part or len(names) == 1:
            moderators += [name for name in names if name not in moderators]
        if len(names) > 1:
            interactions.append(names)
    return Formula(tuple(moderators), tuple(interactions), intercept)
