from config.celery import app as celery_app

# Without this import a `shared_task` called in a web process publishes to Celery's default broker.
__all__ = ["celery_app"]
