"""A worker that lacks a task drops its messages in silence, so the names are held here."""

from config.celery import app


def test_a_worker_knows_every_task_that_is_sent_by_name() -> None:
    app.loader.import_default_modules()
    known = {name for name in app.tasks if name.startswith(("reviews.", "screening.", "analysis."))}
    assert known >= {
        "reviews.tasks.relay",
        "reviews.tasks.sweep",
        "reviews.tasks.execute_run",
        "reviews.tasks.run_due_searches",
        "analysis.tasks.recompute",
        "analysis.tasks.sweep_specs",
    }


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled
    assert scheduled <= set(app.tasks)
