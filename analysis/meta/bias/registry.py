"""The tests for small-study effects in one place: what each needs, and when it is advised."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from analysis.meta.bias.rank import RankTest, begg, ruecker_begg, schwarzer
from analysis.meta.bias.regression import RegressionTest, egger, thompson_sharp
from analysis.meta.bias.sizes import (
    deeks,
    harbord,
    macaskill,
    peters,
    pustejovsky_rodgers,
    ruecker_thompson,
)

BiasData = Literal["yi", "vi", "events", "totals", "events1", "totals1", "events2", "totals2"]

# Below ten studies asymmetry cannot be told from chance: Sterne and others (2011), doi:10.1136/bmj.d4002.
ADVISED_FROM = 10

_EFFECTS: tuple[BiasData, ...] = ("yi", "vi")
_TABLES: tuple[BiasData, ...] = ("events1", "totals1", "events2", "totals2")


@dataclass(frozen=True, slots=True)
class BiasTestSpec:
    """Facts about one test.

    Attributes
    ----------
    code, name : str
    function : callable
        Takes the data of `needs` by these names.
    needs : tuple of str
    measures : tuple of str
        Measures for which it was made; empty where it suits any. An effect measure whose standard error
        contains the effect (OR, SMD) needs one of its own.
    fewest : int
        Studies below which the test cannot be computed.
    advised_from : int
        Studies from which it is advised.
    advice : str
    reference : str
    """

    code: str
    name: str
    function: Callable[..., RegressionTest | RankTest]
    needs: tuple[BiasData, ...]
    measures: tuple[str, ...]
    fewest: int
    advice: str
    reference: str
    advised_from: int = ADVISED_FROM


_SPECS = (
    BiasTestSpec(
        "egger",
        "Egger's regression test",
        egger,
        _EFFECTS,
        (),
        3,
        "Mean differences and other measures whose variance does not contain the effect.",
        "Egger and others (1997), doi:10.1136/bmj.315.7109.629",
    ),
    BiasTestSpec(
        "thompson_sharp",
        "Thompson and Sharp's regression test with additive heterogeneity",
        thompson_sharp,
        _EFFECTS,
        (),
        3,
        "As Egger's, where studies are heterogeneous.",
        "Thompson and Sharp (1999), doi:10.1002/(SICI)1097-0258(19991030)18:20<2693::AID-SIM235>3.0.CO;2-V",
    ),
    BiasTestSpec(
        "begg",
        "Begg and Mazumdar's rank correlation test",
        begg,
        _EFFECTS,
        (),
        2,
        "Robust, with little power below 25 studies.",
        "Begg and Mazumdar (1994), doi:10.2307/2533446",
    ),
    BiasTestSpec(
        "harbord",
        "Harbord's score test",
        harbord,
        _TABLES,
        ("OR", "RR"),
        3,
        "Odds ratios of trials with arms of about the same size and little heterogeneity.",
        "Harbord and others (2006), doi:10.1002/sim.2380",
    ),
    BiasTestSpec(
        "peters",
        "Peters' regression test",
        peters,
        (*_EFFECTS, "events", "totals"),
        ("OR", "PLO"),
        3,
        "Odds ratios, also with arms of unequal size; logits of single proportions.",
        "Peters and others (2006), doi:10.1001/jama.295.6.676",
    ),
    BiasTestSpec(
        "macaskill",
        "Macaskill's regression test on the number of participants",
        macaskill,
        (*_EFFECTS, "totals"),
        ("OR",),
        3,
        "Keeps its level, with less power than Peters'.",
        "Macaskill and others (2001), doi:10.1002/sim.698",
    ),
    BiasTestSpec(
        "schwarzer",
        "Schwarzer's rank correlation test of counts",
        schwarzer,
        _TABLES,
        ("OR",),
        2,
        "Odds ratios of rare events.",
        "Schwarzer and others (2007), doi:10.1002/sim.2588",
    ),
    BiasTestSpec(
        "ruecker_begg",
        "Ruecker's rank correlation test of arcsine differences",
        ruecker_begg,
        _TABLES,
        ("OR", "RR", "RD", "AS"),
        2,
        "Two arms of counts, also with none; conservative where heterogeneous.",
        "Ruecker and others (2008), doi:10.1002/sim.2971",
    ),
    BiasTestSpec(
        "ruecker_thompson",
        "Ruecker's regression test of arcsine differences",
        ruecker_thompson,
        _TABLES,
        ("OR", "RR", "RD", "AS"),
        3,
        "Two arms of counts, also with none, where studies are heterogeneous.",
        "Ruecker and others (2008), doi:10.1002/sim.2971",
    ),
    BiasTestSpec(
        "pustejovsky_rodgers",
        "Pustejovsky and Rodgers' regression test",
        pustejovsky_rodgers,
        (*_EFFECTS, "totals1", "totals2"),
        ("SMD",),
        3,
        "Standardised mean differences.",
        "Pustejovsky and Rodgers (2019), doi:10.1002/jrsm.1332",
    ),
    BiasTestSpec(
        "deeks",
        "Deeks' regression test on the effective sample size",
        deeks,
        ("yi", "totals1", "totals2"),
        ("OR",),
        3,
        "Diagnostic odds ratios.",
        "Deeks and others (2005), doi:10.1016/j.jclinepi.2005.01.016",
    ),
)

BIAS_TESTS: Mapping[str, BiasTestSpec] = MappingProxyType({spec.code: spec for spec in _SPECS})
