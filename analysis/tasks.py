"""Background work of this app: call a service, log. Only workers import this module: it loads the engine."""

import logging

from celery import shared_task

from analysis.services import figures, flow_figure, runs

logger = logging.getLogger(__name__)


@shared_task
def recompute(spec_id: int) -> None:
    """Bring one spec up to date."""
    run = runs.recompute(spec_id)
    logger.debug("recompute of spec %s: %s", spec_id, run)


@shared_task
def sweep_specs() -> None:
    """Send again what a lost message or a killed worker left stale."""
    sent = runs.sweep()
    if sent:
        logger.info("sweep: %s stale specs sent", sent)


@shared_task
def draw_figures(spec_id: int) -> None:
    """Draw what the spec's current run shows and no figure shows yet."""
    drawn = figures.draw_current(spec_id)
    if drawn:
        logger.info("spec %s: %s figures drawn", spec_id, drawn)


@shared_task
def draw_run(run_id: int) -> None:
    """Draw the figures of one run, also of an old one that somebody looks at."""
    figures.draw_run(run_id)


@shared_task
def draw_plot(run_id: int, plot: str) -> None:
    """Draw one figure of a run that somebody looks at."""
    drawn = figures.draw_plot(run_id, plot)
    logger.debug("run %s: %s figures drawn of %s", run_id, drawn, plot)


@shared_task
def draw_judgements(review_id: int, outcome_id: int) -> None:
    """Draw the judgements on risk of bias for one outcome."""
    figures.draw_judgements(review_id, outcome_id)


@shared_task
def draw_flow(review_id: int) -> None:
    """Draw the PRISMA flow of a review as it is now."""
    drawn = flow_figure.draw(review_id)
    logger.info("review %s: %s figures of the flow drawn", review_id, drawn)


@shared_task
def draw_version_flow(version_id: int) -> None:
    """Draw the PRISMA flow of one version."""
    flow_figure.draw_version(version_id)
