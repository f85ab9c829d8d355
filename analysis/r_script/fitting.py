"""The R functions of a script: tau2, one pool with its interval, and the comparison of two numbers."""

from collections.abc import Mapping
from typing import Any

from analysis.r_script.counts import pool_function
from analysis.r_script.data import column_arguments
from analysis.r_script.literals import number, text

COMPARE = """\
tolerance <- 1e-06
checks <- data.frame()
# Relative difference, and absolute below `scale`; NA means that the platform reports no such number.
compare <- function(what, platform, r, scale = 1) {
  r <- as.numeric(r)
  difference <- ifelse(r == platform, 0, abs(r - platform) / pmax(abs(platform), scale))
  same <- is.na(platform) | (!is.na(difference) & difference <= tolerance)
  row <- data.frame(what = what, platform = platform, r = r, difference = difference, same = same)
  checks <<- rbind(checks, row)
}"""

_ONCE = """\
tau2_of <- function(d, X) {
  unit <- stats::median(d$vi)
  rma_quietly(d, X, control = %(control)s)
}"""

_SEVERAL = """\
# Fisher scoring may cycle, or stop at the lower of two maxima: it starts from several points, where needed
# with half steps, and the highest likelihood counts.
tau2_of <- function(d, X) {
  unit <- stats::median(d$vi)
  starts <- c(NA, 0, 100) * unit
  fits <- list()
  for (step in c(1, 0.5)) {
    for (start in starts) {
      control <- list(threshold = 1e-13 * max(unit, stats::var(d$yi)), maxiter = 5000, stepadj = step)
      if (!is.na(start)) control$tau2.init <- start
      fit <- tryCatch(rma_quietly(d, X, control = control), error = function(fault) NULL)
      if (!is.null(fit)) fits <- c(fits, list(fit))
    }
    if (length(fits) == length(starts)) break
  }
  if (length(fits) == 0) stop("metafor finds no estimate of tau2 from any start")
  best <- fits[[which.max(vapply(fits, function(fit) as.numeric(logLik(fit)), 0))]]
  # At the boundary scoring ends a hair above zero.
  if (best$tau2 < 1e-09 * unit) best$tau2 <- 0
  best
}"""

_POOL = """\
# tau2 is estimated once and then given to each model, so that all intervals rest on the same estimate.
pool <- function(d, between = NULL) {
  if (is.null(between)) between <- tau2_of(d, matrix(1, nrow(d), 1))
  fit <- function(test) {
    suppressWarnings(
      rma(yi, vi, data = d, method = method, tau2 = between$tau2, test = test, level = 100 * level)
    )
  }
  wald <- fit("z")
  hk <- fit("knha")
  used <- %(rule)s
  list(k = nrow(d), tau2 = between$tau2, se.tau2 = between$se.tau2, used = used, wald = wald, hk = hk)
}"""

_POOL_COMMON = """\
pool <- function(d, between = NULL) {
  fit <- rma(yi, vi, data = d, method = "EE", test = "z", level = 100 * level)
  list(k = nrow(d), tau2 = 0, se.tau2 = NA, used = fit, wald = fit, hk = fit)
}"""

_QUIETLY = """\
rma_quietly <- function(d, X, control) {
  suppressWarnings(rma(yi, vi, mods = X, intercept = FALSE, data = d, method = method, control = control))
}"""

_RULES = {
    "auto": "if (nrow(d) >= 3 && between$tau2 > 0) hk else wald",
    "wald": "wald",
    "t": 'fit("t")',
    "hk": "hk",
    "hk_adhoc": 'fit("adhoc")',
}

Q_PROFILE = """\
q_profile <- function(d) {
  unit <- max(d$vi, stats::var(d$yi))
  # The interval is the same for every estimator.
  fit <- suppressWarnings(rma(yi, vi, data = d, method = "DL"))
  control <- list(tol = 1e-14 * unit, tau2.max = 1e8 * unit)
  found <- suppressWarnings(confint(fit, type = "QP", level = 100 * level, control = control))
  limits <- found$random["tau^2", c("ci.lb", "ci.ub")]
  ifelse(is.na(limits), 0, limits)  # none where the effects are more alike than chance allows
}"""

_CONTROL = {"PM": "list(tol = 1e-14 * unit, tau2.max = 1e8 * max(d$vi, stats::var(d$yi)), maxiter = 5000)"}


def tau2_function(settings: Mapping[str, Any], *, method: str) -> list[str]:
    """`tau2_of(d, X)` where `functions` has left it out, as it does where the pool needs none."""
    if settings.get("pooling", "inverse") == "inverse" and settings["model"] == "random":
        return []
    return [f"method <- {text(method)}", _QUIETLY, _estimate(method)]


def functions(settings: Mapping[str, Any]) -> str:
    """What the rest of the script calls, for these settings."""
    level = f"level <- {number(settings['level'])}"
    if settings.get("pooling", "inverse") != "inverse":
        columns = column_arguments(settings["measure"])
        return "\n\n".join([level, COMPARE, pool_function(settings, columns=columns)])
    if settings["model"] == "common":
        return "\n\n".join([level, COMPARE, _POOL_COMMON])
    method = settings["tau2_method"]
    head = f"{level}\nmethod <- {text(method)}"
    rule = _RULES[settings["ci_method"]]
    return "\n\n".join([head, COMPARE, _QUIETLY, _estimate(method), _POOL % {"rule": rule}, Q_PROFILE])


def _estimate(method: str) -> str:
    if method in {"REML", "ML", "EB"}:
        return _SEVERAL
    return _ONCE % {"control": _CONTROL.get(method, "list()")}
