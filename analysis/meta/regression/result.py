"""What a meta-regression reports, and what can be asked of it afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector, checked_level, checked_option
from analysis.meta.distributions import chi2_upper_p, critical, f_upper_p
from analysis.meta.errors import NotFinite, ShapeMismatch
from analysis.meta.intervals import PREDICTION_METHODS, CiMethod, PredictionMethod
from analysis.meta.tau2.estimate import Tau2


@dataclass(frozen=True, slots=True)
class ModeratorTest:
    """Test that several coefficients are all 0.

    Chi-square with `df` degrees of freedom where `df_error` is None, else F with `df` and `df_error`.
    """

    statistic: float
    df: int
    df_error: int | None
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Effects that a meta-regression expects at n points; every array has the shape (n,).

    `ci_low` and `ci_high` hold the mean effect there; `pi_low` and `pi_high` the effect of a new study, and
    are those of the mean under equal effects. `prediction_df` is None for the normal distribution.
    """

    estimate: Vector
    se: Vector
    ci_low: Vector
    ci_high: Vector
    pi_low: Vector
    pi_high: Vector
    prediction: PredictionMethod
    prediction_df: int | None
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A meta-regression on the analysis scale.

    Attributes
    ----------
    k, p : int
        Studies, and coefficients.
    names : tuple of str, length p
    coefficients, se, statistic, p_value, ci_low, ci_high : ndarray of shape (p,)
        `df` is None for z.
    covariance, covariance_wald : ndarray of shape (p, p)
        With and without the factor of the interval method.
    factor_hk : float
        The factor of the Knapp-Hartung (or ad hoc) variance, for predictions.
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
        The one used: "wald" with as many coefficients as studies.
    tau2 : Tau2
        Residual heterogeneity.
    tau2_total : float or None
        That of the mean alone; None under "EE".
    i2, h2 : float
        Residual, I2 in percent; from tau2, or from Q under "EE".
    r2 : float or None
        Share of heterogeneity that the moderators explain, in percent: (tau2_total - tau2) / tau2_total, cut
        off at 0; under "EE" the adjusted R2 of the weighted regression. None without an intercept, and
        under "EE" with as many coefficients as studies.
    moderator_test : ModeratorTest
        All coefficients but the intercept; all of them without one.
    residual_q, residual_df, residual_p
        Cochran's Q of what the moderators leave.
    fitted, fitted_se, residuals, standardised, hat : ndarray of shape (k,)
        Expected effects with standard errors, effects less these, those over their standard errors (without
        the factor of the interval method), and leverages. A study with leverage 1 determines a coefficient
        by itself and has NaN as standardised residual.
    weights : ndarray of shape (k,)
        In percent.
    log_likelihood : float
        Restricted for "REML", else full.
    """

    k: int
    p: int
    names: tuple[str, ...]
    coefficients: Vector
    se: Vector
    statistic: Vector
    p_value: Vector
    ci_low: Vector
    ci_high: Vector
    covariance: Vector
    df: int | None
    ci_method: CiMethod
    level: float
    tau2: Tau2
    tau2_total: float | None
    i2: float
    h2: float
    r2: float | None
    moderator_test: ModeratorTest
    residual_q: float
    residual_df: int
    residual_p: float
    fitted: Vector
    fitted_se: Vector
    residuals: Vector
    standardised: Vector
    hat: Vector
    weights: Vector
    log_likelihood: float
    covariance_wald: Vector = field(repr=False)
    factor_hk: float = field(repr=False)

    def predict(
        self, points: ArrayLike, *, prediction: PredictionMethod = "V", level: float | None = None
    ) -> Predicted:
        """Expected effects at other values of the moderators.

        Parameters
        ----------
        points : array_like of shape (n, p)
            Rows of the design, such as `Design.rows` gives.
        prediction : {"V", "HTS", "HK", "HK-PR", "S"}
            As for `prediction_interval`, with k - p and k - p - 1 degrees of freedom.
        level : float, optional
            That of the regression where it is not given.

        Returns
        -------
        Predicted

        Raises
        ------
        ShapeMismatch, NotFinite, UnknownOption
        """
        checked_option("prediction", prediction, PREDICTION_METHODS)
        used = self.level if level is None else level
        checked_level(used)
        rows = np.asarray(points, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.p:
            raise ShapeMismatch(
                f"points has shape {rows.shape}; pass one row of {self.p} values for each point."
            )
        if not np.all(np.isfinite(rows)):
            raise NotFinite("points has a value that is not finite; give every moderator a number.")
        estimate = rows @ self.coefficients
        se = _row_errors(rows, self.covariance)
        margin = critical(level=used, df=self.df) * se
        factor = self.factor_hk if prediction in ("HK", "HK-PR") else 1.0
        error = np.sqrt(factor * _row_errors(rows, self.covariance_wald) ** 2 + self.tau2.value)
        left = max(1, self.k - self.p)
        df = None if prediction == "S" else left if prediction in ("V", "HK") else max(1, left - 1)
        wide = margin if self.tau2.method == "EE" else critical(level=used, df=df) * error
        return Predicted(
            estimate,
            se,
            estimate - margin,
            estimate + margin,
            estimate - wide,
            estimate + wide,
            prediction,
            df,
            used,
        )

    def test(self, columns: Sequence[int]) -> ModeratorTest:
        """Test that the coefficients at these positions are all 0, such as those of one category.

        Raises
        ------
        ShapeMismatch
            For no position, or one that there is not.
        """
        if not columns or not all(0 <= column < self.p for column in columns):
            raise ShapeMismatch(f"columns is {list(columns)}; give positions from 0 to {self.p - 1}.")
        return joint_test(self.coefficients, self.covariance, list(columns), self.df)


def joint_test(beta: Vector, covariance: Vector, columns: list[int], df: int | None) -> ModeratorTest:
    """Wald test that the coefficients of these columns are all 0."""
    chosen = beta[columns]
    part = covariance[np.ix_(columns, columns)]
    m = len(columns)
    # Scaled to a correlation matrix, so that moderators may have any units.
    size = np.sqrt(np.diag(part))
    if not np.all(size > 0):
        # Every effect lies on the line: nothing is known of coefficients that are 0 as well.
        return (
            ModeratorTest(float("inf"), m, df, 0.0)
            if np.any(chosen)
            else ModeratorTest(np.nan, m, df, np.nan)
        )
    scaled = chosen / size
    statistic = float(scaled @ np.linalg.solve(part / np.outer(size, size), scaled))
    if df is None:
        return ModeratorTest(statistic, m, None, chi2_upper_p(statistic, m))
    return ModeratorTest(statistic / m, m, df, f_upper_p(statistic / m, df1=m, df2=df))


def _row_errors(rows: Vector, covariance: Vector) -> Vector:
    return np.asarray(np.sqrt(np.maximum(0.0, np.einsum("ni,ij,nj->n", rows, covariance, rows))))
