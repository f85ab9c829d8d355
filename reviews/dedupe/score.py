"""How probable it is that two entries are the same record.

Notes
-----
The model is that of Fellegi and Sunter [1]_ for records linked by independent fields: each level of agreement
of each field adds its weight, the logarithm of how much more often it occurs in pairs of one record than in
other pairs; the sum, put through the logistic function, is a probability. Fields of references are not
independent, so the weights are not counted field by field but fitted together, by logistic regression with a
ridge, and rounded. Better agreement never weighs less. ``benchmarks/dedupe/weights.py`` fits them again.

References
----------
.. [1] Fellegi IP, Sunter AB (1969). A theory for record linkage. Journal of the American Statistical
   Association 64:1183-1210. doi:10.1080/01621459.1969.10501049
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from reviews.dedupe.compare import Comparison, is_specific
from reviews.dedupe.keys import Entry

# Titles that differ, or marks that say another text, are no matter of weight.
_TEXT_MARKS = frozenset({"erratum", "retraction", "reply", "comment", "preprint"})

# At or above this score a question may be answered together with others: all 51 such questions on labelled
# sets and on made-up records were one record (docs/duplicates.md).
BULK_ACCEPT = 0.9

BASE = -3.9
WEIGHTS = {
    "title:equal": 2.7,
    "title:spelling": 1.9,
    "title:contained": 1.0,
    "title:close": -0.1,
    "title:unknown": -1.5,
    "title:loose": -1.8,
    "title:differ": -2.1,
    "title:short": -1.1,
    "numbers:differ": -0.6,
    "author:same": 1.5,
    "author:shared": 0.5,
    "author:weak": -0.1,
    "author:differ": -2.4,
    "year:0": 1.7,
    "year:1": -0.3,
    "year:2": -1.4,
    "journal:same": 0.9,
    "journal:near": 0.2,
    "journal:unknown": 0.2,
    "journal:differ": -1.3,
    "volume:same": 0.4,
    "volume:unknown": 0.2,
    "volume:differ": -0.6,
    "issue:same": 0.5,
    "issue:unknown": 0.5,
    "issue:differ": -0.9,
    "pages:same": 3.3,
    "pages:near": 0.5,
    "pages:unknown": -0.2,
    "pages:differ": -3.7,
    "doi:same": 2.2,
    "doi:unknown": -0.9,
    "doi:differ": -1.3,
    # The labelled sets have no PMIDs; one identifier of one register weighs as much as all the rest.
    "pmid:same": 6.0,
    "pmid:differ": -6.0,
    "marks:setting": -0.2,
    "marks:text": -3.1,
}


def features(a: Entry, b: Entry, found: Comparison) -> Iterator[str]:
    """Name the levels at which two entries agree.

    Parameters
    ----------
    a, b : Entry
        The two.
    found : Comparison
        How they agree.

    Yields
    ------
    str
        Names of weights; those without a weight add nothing.
    """
    yield f"title:{found.title}"
    if found.title != "equal" and not found.numbers:
        yield "numbers:differ"
    if not is_specific(a, b):
        yield "title:short"
    yield f"author:{found.author}"
    yield "year:unknown" if found.year is None else f"year:{min(found.year, 2)}"
    yield f"journal:{found.journal}"
    yield f"volume:{found.volume}"
    yield f"issue:{found.issue}"
    yield f"pages:{found.pages}"
    yield "doi:unknown" if found.doi is None else f"doi:{'same' if found.doi else 'differ'}"
    if found.pmid is not None:
        yield f"pmid:{'same' if found.pmid else 'differ'}"
    differing = a.marks ^ b.marks
    if differing & _TEXT_MARKS:
        yield "marks:text"
    elif differing:
        yield "marks:setting"


def probability(a: Entry, b: Entry, found: Comparison) -> float:
    """Return how probable it is that two entries are the same record.

    Parameters
    ----------
    a, b : Entry
        The two; their order does not matter.
    found : Comparison
        How they agree.

    Returns
    -------
    float
        From 0 to 1, to four places.
    """
    total = BASE + sum([WEIGHTS.get(name, 0.0) for name in features(a, b, found)])
    return round(1.0 / (1.0 + math.exp(-total)), 4)
