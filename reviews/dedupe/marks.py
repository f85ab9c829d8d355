"""What sets a record apart from an article with the same title: a correction, a reply, an abstract."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviews.dedupe.abstracts import is_of_correction
from reviews.dedupe.normalise import CORRECTED

# Most titles have none of these stems, and are done with one look.
_STEM = re.compile(
    r"errat|corri|correct|retract|withdraw|concern|repl|respon|comment|letter|editor|prefa|forew"
)
_PATTERNS = (
    (
        "erratum",
        r"^\W*(?:(?:published|author|publisher) )?"
        r"(?:errat(?:um|a)|corrigend(?:um|a)|corrections?)\b(?!\s+of\b)",
    ),
    ("erratum", r"\b(?:erratum|corrigendum) (?:to|in|for)\b|: (?:erratum|corrigendum|correction)\W*$"),
    ("retraction", r"^\W*(?:(?:notice of )?retraction|retracted|withdrawn)\b(?!\s+of\b)|^\W*withdrawal:"),
    ("retraction", r"^\W*(?:notice of )?retraction of\b|^\W*expression of concern\b"),
    ("reply", r"\bauthors?\W{0,2}s?\W? (?:reply|response)|\breply to\b|\bin reply\b|[:-] reply\W*$"),
    ("reply", r"\bresponse to (?:the )?(?:letter|comment)|^\W*(?:reply|response)\W*$|^\W*reply:"),
    (
        "reply",
        r"^\W*(?:reply|response) (?:by|from|of) (?:the )?authors?\b|^\W*the authors? (?:reply|respond)",
    ),
    ("comment", r"^\W*(?:invited )?comment(?:ary|s)?\b|\bcomment(?:ary)? on\b|\(comment\)"),
    ("letter", r"\bletters? to the editor\b|^\W*letter\W*$"),
    ("editorial", r"^\W*(?:editorial|preface|foreword)\b"),
)
_TITLE = tuple((mark, re.compile(pattern)) for mark, pattern in _PATTERNS)
_LABELS: dict[str, str] = {
    "erratum": "erratum",
    "corrigendum": "erratum",
    "correction": "erratum",
    "published erratum": "erratum",
    "retraction of publication": "retraction",
    "retraction notice": "retraction",
    "expression of concern": "retraction",
    "comment": "commenting",
    "letter": "letter",
    "editorial": "editorial",
    "abstract": "abstract",
    "conference abstract": "abstract",
    "meeting abstract": "abstract",
    "conference paper": "conference",
    "conference proceedings": "conference",
    "preprint": "preprint",
}
_PREPRINT_JOURNAL = re.compile(
    r"(?:medrxiv|biorxiv|arxiv|chemrxiv|psyarxiv|osf preprints|research square|ssrn|preprints)\b",
    re.IGNORECASE,
)
# 10.1101 is a press's: its journals have letters where its preprint servers have a date or a number.
_PREPRINT_DOI = re.compile(
    r"10\.1101/(?:\d{4}\.|\d{5,})|10\.(?:21203|48550|31234|31219|26434)/|10\.2139/ssrn|10\.20944/preprints"
)
_SUPPLEMENT = re.compile(r"suppl|\bs\d+\b", re.IGNORECASE)
# Embase cuts "28 (SUPPL. 1)" down to "1)".
_CUT_SUPPLEMENT = re.compile(r"^\s*\d+\)\s*$")
_MEETING = re.compile(
    r"\b(?:conference|congress|symposium|(?:annual|scientific) (?:\w+ )?meeting|proceedings of the \d)",
    re.IGNORECASE,
)


def marks(
    *,
    title: str,
    journal: str,
    issue: str,
    volume: str,
    doi: str,
    publication_types: Sequence[str],
    abstract: str = "",
) -> frozenset[str]:
    """Return what sets this record apart from an article with the same title.

    Parameters
    ----------
    title, journal, issue, volume, doi, abstract : str
        As found.
    publication_types : sequence of str
        As found.

    Returns
    -------
    frozenset of str
        Of ``erratum``, ``retraction``, ``reply``, ``comment``, ``letter``, ``editorial``, ``preprint``,
        ``abstract``, ``conference``, ``supplement``, ``meeting`` and ``commenting``: labelled as a comment,
        where ``comment`` is one by its title.
    """
    lowered = title[:1000].lower()
    found = set()
    if _STEM.search(lowered):
        found = {mark for mark, pattern in _TITLE if pattern.search(lowered)}
    if ("(" in title and CORRECTED.search(title)) or is_of_correction(abstract):
        found.add("erratum")
    for kind in publication_types:
        if (label := _LABELS.get(kind.strip().lower())) is not None:
            found.add(label)
    if _PREPRINT_DOI.match(doi) or _PREPRINT_JOURNAL.match(journal.strip()):
        found.add("preprint")
    if _SUPPLEMENT.search(issue) or _SUPPLEMENT.search(volume) or _CUT_SUPPLEMENT.match(volume):
        found.add("supplement")
    if _MEETING.search(journal):
        found.add("meeting")
    return frozenset(found)
