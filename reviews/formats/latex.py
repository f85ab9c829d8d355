"""LaTeX as it occurs in bibliographies, made plain text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape

from pylatexenc.latex2text import get_default_latex_context_db  # type: ignore[import-untyped]

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331", "t": "\u0361", "G": "\u030f", "U": "\u030e",
}  # fmt: skip
# One letter, perhaps a dotless one, in braces or not.
_NAMED = r"\\(AE|ae|OE|oe|AA|aa|[OoLlij])(?![A-Za-z])\s?(?:\{\})?"
_LETTER = rf"(?:\{{\s*{_NAMED}\s*\}}|\{{\s*([^\W\d_])\s*\}}|{_NAMED}|([^\W\d_]))"
_ACCENT = re.compile(rf"\\(?:([`'^~=.\"])|([uvHtcdbrkGU])(?:\s+(?=\\?[A-Za-z])|(?=\s*[\{{\\])))\s*{_LETTER}")
_ARGUMENT = r"\*?\s*(?:\[[^\]]{0,200}\]\s*)?\{[^{}]*\}"
# Commands whose first argument is nothing to read.
_UNREAD = re.compile(
    r"\\(?:textcolor|color|href|hyperref|cite[a-z]*|label|ref|[vh]space|noopsort|selectlanguage|foreignlanguage)"
    + _ARGUMENT
)
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_INLINE = re.compile(r"\\\(\s*(.{1,200}?)\s*\\\)", re.DOTALL)
_ENTITY = re.compile(r"\\?&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_BEFORE_LETTER = re.compile(r"[{\s\\`'^~=.\"]{0,8}[^\W\d_]")
_ESCAPED = re.compile(r"\\([&%$#_{}~^ ,;:!/-])")
_MACRO = re.compile(r"\\([A-Za-z]+)\*?(\s*\{\}|\s+|(?=[^A-Za-z]|$))")
# Commands whose argument is text, and commands that say nothing in plain text.
_TRANSPARENT = frozenset(
    {
        "text", "textit", "textbf", "textsc", "textrm", "texttt", "textsf", "textsl", "textup", "textmd",
        "textnormal", "emph", "mathrm", "mathit", "mathbf", "mathsf", "mathcal", "mathbb", "mathnormal",
        "ensuremath", "mbox", "hbox", "it", "bf", "em", "sc", "rm", "tt", "sl", "itshape",
        "bfseries", "scshape", "upshape", "rmfamily", "small", "large", "Large", "normalsize", "tiny",
        "footnotesize", "relax", "protect", "left", "right", "limits", "nolimits",
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
    "S": "§", "P": "¶", "copyright": "©", "pounds": "£", "euro": "€", "sqrt": "√",
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
    if "&" in text:
        text = _ENTITY.sub(lambda found: unescape(found.group().lstrip("\\")), text)
    if not _NEEDS_WORK.search(text):
        return text
    if "\\" in text:
        text = _INLINE.sub(r"$\1$", text.replace("\\\\", " "))
        text = _FRACTION.sub(r"\1/\2", _UNREAD.sub("", text))
        text = _ESCAPED.sub(_kept, text)
        text = _ACCENT.sub(_accented, text)
        if "\\" in text:
            text = _ACCENT.sub(_accented, text)  # letters of Vietnamese have two
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
        if _BEFORE_LETTER.match(match.string, match.end()):
            return match.group()
        return "\5" if sign == "~" else "^"
    return _HELD.get(sign, sign)


def _accented(match: re.Match[str]) -> str:
    sign, name, inner, plain_inner, outer, letter = match.groups()
    named = inner or outer
    # An accent takes the place of the dot.
    base = named if named in ("i", "j") else _OWN.get(named or "", "") or plain_inner or letter
    return unicodedata.normalize("NFC", base + _ACCENTS[sign or name])


def _symbol(match: re.Match[str]) -> str:
    name, after = match.group(1), match.group(2)
    if name in _OWN:
        return _OWN[name]
    if name in _TRANSPARENT:
        return ""
    if found := _known(name):
        return found
    # The name of a command that has an argument says nothing; one without may be no command at all.
    if match.string[match.end() : match.end() + 1] == "{":
        return ""
    return f"{name}{after if after.isspace() else ''}"


@lru_cache(maxsize=4096)
def _known(name: str) -> str:
    """Return the symbol of a command, from the table of pylatexenc, or ""."""
    found = _TABLE.get_macro_spec(name)
    symbol = getattr(found, "simplify_repl", "")
    return symbol if isinstance(symbol, str) and "%" not in symbol else ""


_TABLE = get_default_latex_context_db()
