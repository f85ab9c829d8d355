# R's part of the benchmark: metafor's CPU seconds for each task, as CSV on the standard output.
# Run as: Rscript engine.R DIRECTORY TASK ..., where the directory holds the data that benchmarks/data.py wrote.

suppressPackageStartupMessages(library(metafor))
arguments <- commandArgs(trailingOnly = TRUE)
directory <- arguments[1]
wanted <- arguments[-1]

read <- function(name) read.csv(file.path(directory, paste0(name, ".csv")))
bcg <- read("bcg")
large <- read("large")
hundred <- read("hundred")
twenty <- read("twenty")
proportions <- read("proportions")

# User and system time of this process; children are not waited for.
cpu <- function() sum(proc.time()[1:2])
burn <- function(f, times) {
  start <- cpu()
  for (i in seq_len(times)) f()
  (cpu() - start) / times
}
# The clock ticks in milliseconds: a batch is long enough for three digits. What takes long runs once.
median_cpu <- function(f, batch = 0.25, batches = 5) {
  once <- burn(f, 1)
  if (once > 2) return(once)
  times <- max(1, ceiling(batch / max(once, 0.001)))
  stats::median(replicate(batches, burn(f, times)))
}

specifications <- expand.grid(
  test = c("z", "t", "knha", "adhoc"), method = c("DL", "PM", "REML", "ML", "EB"), randomised = c(FALSE, TRUE),
  # metafor has no treatment-arm correction; the fourth policy repeats the first.
  policy = 1:5, measure = c("OR", "RR", "RD", "AS", "PETO"), stringsAsFactors = FALSE
)
add <- c(0.5, 0.5, 0.5, 0.5, 0.1)
to <- c("only0", "if0all", "all", "only0", "only0")
pool_by <- function(row) {
  data <- if (row$randomised) bcg[bcg$alloc == "random", ] else bcg
  effects <- escalc(
    measure = row$measure, ai = data$ai, n1i = data$n1i, ci = data$ci, n2i = data$n2i,
    add = add[row$policy], to = to[row$policy]
  )
  rma(yi, vi, data = effects, method = row$method, test = row$test)
}

bcg_ee <- rma(yi, vi, data = bcg, method = "EE")
bcg_reml <- rma(yi, vi, data = bcg)
regression <- function() rma(yi, vi, mods = ~ ablat + year, data = bcg, test = "knha")
hundred_reml <- rma(yi, vi, data = hundred)
twenty_ee <- rma(yi, vi, data = twenty, method = "EE")
twenty_reml <- rma(yi, vi, data = twenty)
# Of very many subsets R draws a share only; the benchmark says so.
share <- 2000
glmm <- function(model) {
  rma.glmm(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = bcg, model = model)
}

tasks <- list(
  reml_small = function() rma(yi, vi, data = bcg),
  reml_large = function() rma(yi, vi, data = large),
  regression = regression,
  leave_one_out = function() leave1out(hundred_reml),
  influence = function() influence(hundred_reml),
  glmm_proportions = function() rma.glmm(measure = "PLO", xi = xi, ni = ni, data = proportions),
  glmm_unconditional = function() glmm("UM.FS"),
  glmm_conditional = function() glmm("CM.EL"),
  permutation = function() permutest(regression_fit, iter = 1000, progbar = FALSE),
  gosh_ee = function() gosh(bcg_ee, progbar = FALSE),
  gosh_reml = function() gosh(bcg_reml, progbar = FALSE),
  gosh_ee_many = function() gosh(twenty_ee, subsets = share, progbar = FALSE),
  gosh_reml_many = function() gosh(twenty_reml, subsets = share, progbar = FALSE),
  multiverse = function() for (i in seq_len(nrow(specifications))) pool_by(specifications[i, ])
)
regression_fit <- regression()
scale <- c(gosh_ee_many = 100000 / share, gosh_reml_many = 100000 / share)

set.seed(1)
cat(sprintf("version,%s,%s\n", getRversion(), packageVersion("metafor")))
for (name in wanted) {
  factor <- if (name %in% names(scale)) scale[[name]] else 1
  seconds <- tryCatch(
    suppressWarnings(median_cpu(tasks[[name]])) * factor,
    error = function(fault) { message(name, ": ", conditionMessage(fault)); NA }
  )
  cat(sprintf("%s,%.9g,%g\n", name, seconds, factor))
}
