"""Background work of this app: load by id, call a service, log."""

import logging

from celery import shared_task

from reviews import events
from reviews.services import imports, inspecting, outbox, searches, undo_requests

logger = logging.getLogger(__name__)


@shared_task
def relay() -> None:
    """Deliver what the outbox holds."""
    done = outbox.relay()
    if done:
        logger.info("relay: %s deliveries", done)


@shared_task
def sweep() -> None:
    """Find what a lost poke or a killed worker left undone."""
    for run_id in searches.unfinished():
        events.send(searches.EXECUTE_TASK, run_id)
    for run_id in inspecting.unfinished():
        events.send(inspecting.INSPECT_TASK, run_id)
    for run_id in undo_requests.unfinished():
        events.send(undo_requests.UNDO_TASK, run_id)
    relay()
    outbox.purge()


@shared_task
def execute_run(run_id: int) -> None:
    """Carry out a search or an import; a second worker that comes to the same run leaves it alone."""
    if searches.execute(run_id):
        logger.info("run %s: ended", run_id)


@shared_task
def inspect_run(run_id: int) -> None:
    """Look through an uploaded file before it is imported."""
    if inspecting.execute(run_id):
        logger.info("run %s: looked through", run_id)


@shared_task
def carry_out_undo(run_id: int) -> None:
    """Undo or restore a run with many records, as a person asked."""
    if undo_requests.carry_out(run_id):
        logger.info("run %s: undo carried out", run_id)


@shared_task
def run_due_searches() -> None:
    """Queue the searches whose time has come."""
    queued = searches.run_due()
    if queued:
        logger.info("searches on schedule: %s queued", queued)


@shared_task
def clear_uploads() -> None:
    """Set aside uploaded files on which nobody decided, and remove what was set aside."""
    cleared = imports.clear_uploads()
    if cleared:
        logger.info("uploads: %s set aside", cleared)
