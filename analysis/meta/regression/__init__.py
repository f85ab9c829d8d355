"""Meta-regression, and its permutation test."""

from analysis.meta.regression.fit import regress
from analysis.meta.regression.result import ModeratorTest, Predicted, Regression

__all__ = ["ModeratorTest", "Predicted", "Regression", "regress"]
