"""Faults that the engine names, each with what to do about it."""

from typing import ClassVar


class MetaError(Exception):
    """Base of every fault that the engine raises on purpose.

    `code` is stable and meant for programs; the message is meant for people.
    """

    code: ClassVar[str] = "meta_error"


class UnknownOption(MetaError):
    """A measure, method or option that the engine does not know."""

    code = "unknown_option"


class MissingArgument(MetaError):
    """Data that the chosen measure or method needs were not given."""

    code = "missing_argument"


class ShapeMismatch(MetaError):
    """Vectors that should describe the same studies differ in length or dimension."""

    code = "shape_mismatch"


class NotFinite(MetaError):
    """An effect or a variance is not a finite number."""

    code = "not_finite"


class NotPositive(MetaError):
    """A sampling variance is zero or negative, so its weight has no meaning."""

    code = "not_positive"


class IllScaled(MetaError):
    """Effects or variances so large, small or unequal that sums of their squares have no digits left."""

    code = "ill_scaled"


class ImpossibleData(MetaError):
    """Arm data that no study can have, such as more events than participants."""

    code = "impossible_data"


class TooFewStudies(MetaError):
    """The quantity asked for needs more studies than there are."""

    code = "too_few_studies"


class NoVariation(MetaError):
    """The predictor of a regression is the same in every study."""

    code = "no_variation"


class RankDeficient(NoVariation):
    """Columns of a design repeat what the others say, so that their coefficients have no values."""

    code = "rank_deficient"


class Separation(MetaError):
    """Counts so extreme that the likelihood rises for ever and no finite estimate exists."""

    code = "separation"


class NoInformation(MetaError):
    """The counts of all studies together determine no estimate."""

    code = "no_information"


class NonConvergence(MetaError):
    """An iterative estimator found no solution."""

    code = "non_convergence"


class NoNullValue(MetaError):
    """A question of effect or no effect, asked of a measure that has no value for "no effect"."""

    code = "no_null_value"


class TooManySubsets(MetaError):
    """More subsets of studies than fit into memory."""

    code = "too_many_subsets"
