"""Gauss-Hermite nodes for integrals over a standard normal variate."""

from functools import lru_cache

import numpy as np

from analysis.meta.checks import Vector
from analysis.meta.errors import UnknownOption

MOST_NODES = 101


@lru_cache(maxsize=16)
def hermite_nodes(count: int) -> tuple[Vector, Vector]:
    """Nodes t and log weights for adaptive quadrature with `count` nodes.

    The integral of exp(g(z)) / sqrt(2 pi) is s times the sum of exp(log weight + g(mode + s t)), exact
    where exp(g) is a normal density with that mode and scale s times a polynomial of degree below
    2 `count`. With one node it is the Laplace approximation.

    Raises
    ------
    UnknownOption

    References
    ----------
    Liu and Pierce (1994), doi:10.1093/biomet/81.3.624.
    Pinheiro and Bates (1995), doi:10.1080/10618600.1995.10474663.
    """
    if not 1 <= count <= MOST_NODES:
        raise UnknownOption(f"nodes is {count!r}; give a whole number from 1 to {MOST_NODES}, such as 7.")
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    log_weights = np.log(weights / np.sum(weights)) + 0.5 * nodes**2
    for array in (nodes, log_weights):
        array.flags.writeable = False
    return nodes, log_weights


def product_nodes(count: int) -> tuple[Vector, Vector]:
    """Nodes of shape (2, count^2) and log weights for two variates."""
    nodes, log_weights = hermite_nodes(count)
    grid = np.stack(np.meshgrid(nodes, nodes, indexing="ij")).reshape(2, -1)
    return grid, (log_weights[:, None] + log_weights[None, :]).ravel()
