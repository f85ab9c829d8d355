"""The R function that pools counts themselves: Mantel-Haenszel, Peto, or a generalised linear mixed model."""

from collections.abc import Mapping
from typing import Any

from analysis.r_script.literals import flag, number, text

_POOL = """\
pool <- function(d, between = NULL) {
  fit <- %(fit)s
  used <- list(
    beta = fit$beta, se = fit$se, ci.lb = fit$ci.lb, ci.ub = fit$ci.ub, zval = fit$zval, pval = fit$pval,
    QE = fit$%(q)s, QEp = fit$%(q_p)s, I2 = fit$I2, H2 = %(h2)s
  )
  list(k = fit$%(k)s, tau2 = %(tau2)s, se.tau2 = NA, used = used, wald = used, hk = used, fit = fit)
}"""

_LOOSE = """\
# rma.glmm() maximises through lme4, to about three digits; the platform integrates exactly.
tolerance <- 5e-03"""


def pool_function(settings: Mapping[str, Any], *, columns: str) -> str:
    """`pool(d)` for a way of pooling other than inverse variance.

    Parameters
    ----------
    settings : mapping
    columns : str
        The columns of d as arguments of R's functions.
    """
    pooling = settings["pooling"]
    level = "level = 100 * level"
    if pooling == "glmm":
        method = "EE" if settings["model"] == "common" else "ML"
        drop = f", drop00 = {flag(settings['drop00'])}" if settings["measure"] == "OR" else ""
        call = f'rma.glmm({columns}, data = d, measure = {text(settings["measure"])}, method = "{method}"'
        names = {
            "fit": f"suppressWarnings({call}{drop}, {level}))",
            "q": "QE.Wld",
            "q_p": "QEp.Wld",
            "k": "k",
            "tau2": "fit$tau2",
            # Under a common effect rma.glmm() has no H2.
            "h2": "fit$QE.Wld / (fit$k - 1)" if method == "EE" else "fit$H2",
        }
        return f"{_LOOSE}\n{_POOL % names}"
    # The correction of empty cells is for the studies' own effects, which enter Q; the counts stay.
    cells = (
        f'add = c({number(settings["add"])}, 0), to = c({text(settings["to"])}, "none"), '
        f"drop00 = c({flag(settings['drop00'])}, FALSE)"
    )
    measure = "" if pooling == "peto" else f", measure = {text(settings['measure'])}"
    fit = f"rma.{pooling}({columns}, data = d{measure}, {cells}, {level})"
    return _POOL % {"fit": fit, "q": "QE", "q_p": "QEp", "k": "k.yi", "tau2": "0", "h2": "fit$H2"}
