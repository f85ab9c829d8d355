"""Messages of an install without Redis: whole, in order, each taken once."""

import os
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from django.conf import settings
from kombu import Connection

QUEUE = "perennial"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "control").mkdir()
    return tmp_path


@pytest.fixture
def channel(folder: Path) -> Iterator[Any]:
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    connection = Connection(
        "filesystem://localhost",
        transport="config.file_queue:Transport",
        transport_options={**options, "control_folder": str(folder / "control")},
    )
    with connection:
        yield connection.channel()


def test_a_message_is_not_there_before_it_is_whole(
    channel: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    replace = os.replace

    def watched(source: Path, target: Path) -> None:
        try:
            seen.append(channel._get(QUEUE))
        except Empty:
            seen.append("nothing")
        assert source.stat().st_size > 0
        replace(source, target)

    monkeypatch.setattr("config.file_queue.os.replace", watched)
    channel._put(QUEUE, {"body": "first"})

    assert seen == ["nothing"]
    assert channel._get(QUEUE) == {"body": "first"}


def test_messages_are_taken_once_in_their_order_and_only_from_their_queue(channel: Any, folder: Path) -> None:
    for number in range(3):
        channel._put(QUEUE, {"body": number})
    channel._put("another", {"body": "x"})

    taken = [channel._get(QUEUE)["body"] for _ in range(3)]

    assert sorted(taken) == [0, 1, 2]
    with pytest.raises(Empty):
        channel._get(QUEUE)
    assert [path.name.partition(".")[2] for path in folder.glob("*.*")] == ["another.msg"]


def test_an_install_without_redis_uses_it() -> None:
    if settings.CELERY_BROKER_URL.startswith("redis"):
        assert not hasattr(settings, "CELERY_BROKER_TRANSPORT")
    else:
        assert settings.CELERY_BROKER_TRANSPORT == "config.file_queue:Transport"
