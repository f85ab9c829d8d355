"""LaTeX as it occurs in bibliographies, made plain text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from pylatexenc.latex2text import get_default_latex_context_db  # type: ignore[import-untyped]

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331", "t": "\u0361", "G": "\u030f", "U": "\u030e",
}  # fmt: skip
# One letter, perhaps a dotless one, in braces or not.
_LETTER = r"(?:\{\s*\\?([A-Za-z])\s*\}|\\([ij])(?![A-Za-z])\s?(?:\{\})?|([A-Za-z]))"
_SIGN_ACCENT = re.compile(r"\\([`'^~=.\"])\s*" + _LETTER)
_NAMED_ACCENT = re.compile(r"\\([uvHtcdbrkGU])(?:\s+(?=\\?[A-Za-z])|(?=\s*\{))\s*" + _LETTER)
_ESCAPED = re.compile(r"\\([&%$#_{}~^ ,;:!/-])")
_MACRO = re.compile(r"\\([A-Za-z]+)\*?(\s*\{\}|\s+|(?=[^A-Za-z]|$))")
# Commands whose argument is text, and commands that say nothing in plain text.
_TRANSPARENT = frozenset(
    {
        "text", "textit", "textbf", "textsc", "textrm", "texttt", "textsf", "textsl", "textup", "textmd",
        "textnormal", "emph", "mathrm", "mathit", "mathbf", "mathsf", "mathcal", "mathbb", "mathnormal",
        "ensuremath", "mbox", "hbox", "hspace", "it", "bf", "em", "sc", "rm", "tt", "sl", "itshape",
        "bfseries", "scshape", "upshape", "rmfamily", "small", "large", "Large", "normalsize", "tiny",
        "footnotesize", "noopsort", "relax", "protect", "left", "right", "limits", "nolimits",
        "displaystyle", "textstyle", "url", "href", "enquote", "uppercase", "lowercase", "MakeUppercase",
        "MakeLowercase", "underline", "boldsymbol", "operatorname", "textsuperscript", "textsubscript",
    }
)  # fmt: skip
_OWN = {
    "ss": "ß", "SS": "SS", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø",
    "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ",
    "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ", "textbackslash": "\0", "backslash": "\0", "textasciitilde": "\5",
    "textasciicircum": "^", "lbrace": "\2", "rbrace": "\3", "par": " ", "newline": " ", "and": "and",
    "textendash": "–", "textemdash": "—", "textquotesingle": "'", "textdollar": "\4", "textbar": "|",
    "textless": "<", "textgreater": ">", "textunderscore": "_", "textbraceleft": "\2",
    "textbraceright": "\3", "slash": "/", "textcopyright": "©", "textregistered": "®", "textdegree": "°",
}  # fmt: skip
_MATH = re.compile(r"\$([^$\s](?:[^$]{0,2000}[^$\s])?)\$")
_SCRIPT = re.compile(r"[_^]\{([^{}]*)\}|[_^](?=[A-Za-z0-9+\-])")
_NEEDS_WORK = re.compile(r"[\\{}$~`]|''|--")
# Outside of mathematics these stand for the signs of good typesetting.
_LIGATURES = (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"))


def plain(text: str) -> str:
    """Return a value of BibTeX without LaTeX.

    Parameters
    ----------
    text : str
        The value without its delimiters.

    Returns
    -------
    str
        Letters with their accents, symbols as themselves; braces of capitals are dropped, mathematics is
        flattened (``H$_2$O`` is ``H2O``), and a command that is not known leaves its argument.

    Examples
    --------
    >>> plain(r'M{\\"u}ller, {CAR}-T \\& $\\alpha$')
    'Müller, CAR-T & α'
    """
    if not _NEEDS_WORK.search(text):
        return text
    if "\\" in text:
        text = text.replace("\\\\", " ")
        text = _ESCAPED.sub(_kept, text)
        text = _SIGN_ACCENT.sub(_accented, text)
        text = _NAMED_ACCENT.sub(_accented, text)
        text = _MACRO.sub(_symbol, text)
    if "$" in text:
        text = _MATH.sub(lambda match: _SCRIPT.sub(lambda found: found.group(1) or "", match.group(1)), text)
    for written, sign in _LIGATURES:
        text = text.replace(written, sign)
    text = text.replace("{", "").replace("}", "").replace("~", " ")
    return text.translate(_BACK)


# Signs that were written with a backslash, out of reach of the steps after; the readers drop such controls.
_HELD = {"{": "\2", "}": "\3", "$": "\4", "~": "\5", "\\": "\0", "-": "", ",": " ", ";": " ", ":": " "}
_HELD |= {"!": "", "/": "", " ": " "}
_BACK = str.maketrans({"\2": "{", "\3": "}", "\4": "$", "\5": "~", "\0": "\\"})


def _kept(match: re.Match[str]) -> str:
    sign = match.group(1)
    if sign in "~^":
        # An accent where a letter follows, else the sign itself.
        follows = match.string[match.end() : match.end() + 2].lstrip("{\\ ")
        if follows[:1].isalpha():
            return match.group()
        return "\5" if sign == "~" else "^"
    return _HELD.get(sign, sign)


def _accented(match: re.Match[str]) -> str:
    letter = match.group(2) or match.group(3) or match.group(4)
    return unicodedata.normalize("NFC", letter + _ACCENTS[match.group(1)])


def _symbol(match: re.Match[str]) -> str:
    name, after = match.group(1), match.group(2)
    if name in _OWN:
        return _OWN[name]
    if name in _TRANSPARENT:
        return ""
    found = _known(name)
    # A space ends a command and is not printed, but in mathematics nobody writes it for that.
    return found if found else f"{name}{after if after.isspace() else ''}"


@lru_cache(maxsize=4096)
def _known(name: str) -> str:
    """Return the symbol of a command, from the table of pylatexenc, or ""."""
    found = _TABLE.get_macro_spec(name)
    symbol = getattr(found, "simplify_repl", "")
    return symbol if isinstance(symbol, str) and "%" not in symbol else ""


_TABLE = get_default_latex_context_db()
