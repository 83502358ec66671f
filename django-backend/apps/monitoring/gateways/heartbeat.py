"""Records beat's heartbeat as soon as beat runs."""

from typing import Any

from celery import current_app, signals


def connect() -> None:
    """Send the task when beat of this process starts.

    A beat that has lost its schedule would send it after a minute; until then the last heartbeat may be from yesterday.
    """
    signals.beat_init.connect(_note, dispatch_uid="stt-heartbeat", weak=False)


def _note(**_: Any) -> None:
    current_app.send_task("monitoring.note_beat", expires=60)
