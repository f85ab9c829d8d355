"""Fifteen trials of high against usual perioperative oxygen, surgical site infections (RTSA, perioOxy).

Ordered by the name of the study, which settles ties of the year.
"""

import numpy as np

from analysis.meta import Effects, two_by_two

TRIALS = [
    ("Belda 2005", 22, 147, 35, 149),
    ("Bickel 2011", 6, 107, 14, 103),
    ("Duggal 2013", 34, 416, 34, 415),
    ("Gardella 2008", 17, 69, 10, 74),
    ("Golfam 2011", 0, 30, 1, 30),
    ("Greif 2000", 13, 250, 28, 250),
    ("Mayzler 2005", 4, 19, 6, 19),
    ("Meyhoff 2009", 131, 685, 141, 701),
    ("Myles 2007", 77, 997, 106, 1015),
    ("Pryor 2004", 20, 80, 9, 80),
    ("Schietroma 2013", 5, 86, 11, 85),
    ("Scifres 2011", 35, 288, 26, 297),
    ("Stall 2013", 14, 119, 19, 114),
    ("Thibon 2012", 15, 226, 15, 208),
    ("Williams 2013", 10, 77, 12, 83),
]
YEARS = [int(name[-4:]) for name, *_ in TRIALS]


def risk_ratios() -> Effects:
    _, *columns = zip(*TRIALS, strict=True)
    return two_by_two(*(np.array(column) for column in columns), measure="RR")
