"""Python values as R source text: what people typed stays data, whatever it holds."""

import textwrap
import unicodedata
from collections.abc import Sequence

_LINE = 95
# Line ends, other control and formatting characters, halves of pairs: nothing that ends or hides a comment.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_REPLACEMENT = "\ufffd"


def text(value: str | None) -> str:
    """A string literal in ASCII, so that neither R's locale nor the file's encoding can change it.

    R has no strings with a zero byte, and half of a surrogate pair is no character: both become U+FFFD.
    """
    return "NA_character_" if value is None else f'"{"".join(_escaped(letter) for letter in value)}"'


def _escaped(letter: str) -> str:
    code = ord(letter)
    if code == 0 or unicodedata.category(letter) == "Cs":
        return _escaped(_REPLACEMENT)
    if letter in '\\"':
        return f"\\{letter}"
    if 32 <= code < 127:
        return letter
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def number(value: float | int | None) -> str:
    """A number with every digit that it has; NA for none."""
    return "NA" if value is None else repr(value)


def flag(value: bool) -> str:
    """TRUE or FALSE."""
    return "TRUE" if value else "FALSE"


def texts(values: Sequence[str | None]) -> str:
    """A vector of strings."""
    return _vector([text(value) for value in values], empty="character(0)")


def numbers(values: Sequence[float | int | None]) -> str:
    """A vector of numbers."""
    return _vector([number(value) for value in values], empty="numeric(0)")


def flags(values: Sequence[bool]) -> str:
    """A vector of TRUE and FALSE."""
    return _vector([flag(value) for value in values], empty="logical(0)")


def _vector(items: Sequence[str], *, empty: str) -> str:
    """One vector over as many lines as it needs; a line is never broken inside an item."""
    if not items:
        return empty
    lines: list[str] = []
    line = ""
    for item in items:
        if line and len(line) + len(item) > _LINE:
            lines.append(line)
            line = ""
        line += f"{item}, "
    lines.append(line)
    joined = "\n    ".join(part.rstrip() for part in lines).removesuffix(",")
    return f"c({joined})"


def call(name: str, *arguments: str) -> str:
    """A call with one argument a line."""
    inside = ",\n".join(f"  {argument}" for argument in arguments)
    return f"{name}(\n{inside}\n)"


def comment(words: str, *, hang: str = "") -> str:
    """Words as comment lines; `hang` indents all but the first."""
    plain = "".join(" " if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in words)
    lines = textwrap.wrap(" ".join(plain.split()), _LINE, subsequent_indent=hang)
    return "\n".join(f"# {line}" for line in lines or [""])
