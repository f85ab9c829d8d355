"""The pools of all subsets of the studies, or of a random sample of the subsets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.batched import PoolMany, pool_many
from analysis.meta.checks import checked_effects, checked_seed
from analysis.meta.effects import Flags
from analysis.meta.errors import TooManySubsets
from analysis.meta.tau2 import Tau2Method

MOST_SUBSETS = 2**20 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Gosh:
    """Graphical display of study heterogeneity.

    Attributes
    ----------
    included : ndarray of bool, shape (B, k)
        The studies of each subset.
    pools : PoolMany
        The pool of each subset.
    is_complete : bool
        Whether these are all subsets, and not a sample.
    seed : int or None
        Of the sample.
    """

    included: Flags
    pools: PoolMany
    is_complete: bool
    seed: int | None


def gosh(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    subsets: int | None = None,
    seed: int = 0,
    tau2_method: Tau2Method = "EE",
) -> Gosh:
    """Pool every subset of the studies: clusters of estimates show studies that do not belong together.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    subsets : int, optional
        How many different ones to draw at random, each with the same probability. All 2^k - 1 where it is
        not given or not smaller than that.
    seed : int
        Of the random draw; the same seed gives the same subsets.
    tau2_method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}

    Returns
    -------
    Gosh

    Raises
    ------
    TooManySubsets
        More than 2^20 - 1 subsets, which all of more than 20 studies are: draw some.
    UnknownOption
        A seed that is no whole number of at least 0.
    Those of `pool`

    References
    ----------
    Olkin, Dahabreh and Trikalinos (2012), doi:10.1002/jrsm.1053.

    Examples
    --------
    >>> gosh([0.0, 1.0], [0.5, 0.5]).pools.estimate
    array([0. , 1. , 0.5])
    """
    effects, variances = checked_effects(yi, vi)
    checked_seed(seed)
    k = effects.size
    every = 2**k - 1
    is_complete = subsets is None or subsets >= every
    wanted = every if subsets is None or is_complete else subsets
    if not (1 <= wanted <= MOST_SUBSETS and wanted == int(wanted)):
        raise TooManySubsets(f"{wanted} subsets of {k} studies; draw between 1 and {MOST_SUBSETS} of them.")
    included = _all_subsets(k) if is_complete else _sampled(k, wanted, seed)
    pools = pool_many(effects, variances, weights_mask=included, tau2_method=tau2_method)
    return Gosh(included=included, pools=pools, is_complete=is_complete, seed=None if is_complete else seed)


def _all_subsets(k: int) -> Flags:
    numbers = np.arange(1, 2**k, dtype=np.uint32)
    found: Flags = (numbers[:, None] >> np.arange(k, dtype=np.uint32)) & 1 == 1
    return found


def _sampled(k: int, wanted: int, seed: int) -> Flags:
    """Different subsets, none empty, in the order in which they were drawn."""
    rng = np.random.default_rng(seed)
    if 2**k - 1 <= 4 * wanted:
        every = _all_subsets(k)
        return np.asarray(every[rng.permutation(2**k - 1)[:wanted]])
    chosen: Flags = np.empty((0, k), dtype=np.bool_)
    while chosen.shape[0] < wanted:
        missing = wanted - chosen.shape[0]
        drawn = rng.integers(0, 2, size=(missing + missing // 8 + 8, k), dtype=np.uint8).astype(np.bool_)
        pooled = np.concatenate([chosen, drawn[drawn.any(axis=1)]])
        _, first = np.unique(np.packbits(pooled, axis=1), axis=0, return_index=True)
        chosen = pooled[np.sort(first)]
    return chosen[:wanted]
