"""Many small models at once: subsets, leave-one-out, resamples and permutations without a loop."""

from analysis.meta.batched.estimates import estimate_tau2_many
from analysis.meta.batched.pools import PoolMany, pool_many

__all__ = ["PoolMany", "estimate_tau2_many", "pool_many"]
