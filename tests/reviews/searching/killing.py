"""A worker's end, as it looks from inside."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reviews.models import SearchRun
from reviews.services import running, searches


class Killed(BaseException):
    """Nothing that the code catches."""


def kill_before_completion(run: SearchRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker die when all of the run is stored and nothing counts yet; its lease is over at once."""

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(running, "complete", killed)
        with pytest.raises(Killed):
            searches.execute(run.pk)
    SearchRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    run.refresh_from_db()
