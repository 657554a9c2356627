"""The Celery application: how jobs travel. Read by the worker, `celery --app playground worker`.

The database is the truth: a message carries ids at most, and may be lost or come twice. The worker imports this, and a
web process when it first sends a job (`runs/starting.py`).
"""

import os
import signal
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import celeryd_init, setup_logging, worker_ready, worker_shutting_down
from django.conf import settings

from playground import folder_broker, lifeline
from playground.leaving import Leaving

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")

# Said to root, because whoever can write to a broker of pickles runs code as root. Ours carries ids, written as JSON.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("playground")
app.conf.update(
    # JSON alone, both ways: nothing that arrives is ever executed.
    task_serializer="json",
    accept_content=["json"],
    # What comes out of a job stands in its own row.
    task_ignore_result=True,
    # A job is done when it has ended, not when it was taken; one whose worker is killed is handed out again.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # A job may take half an hour: none waits with a busy worker while another one is idle.
    worker_prefetch_multiplier=1,
    # Long jobs wait for minutes on a provider, cells come by the thousand: neither stands behind the other.
    # The worker is told `--queues long,cells`.
    task_default_queue="long",
    broker_connection_retry_on_startup=True,
)

if settings.REDIS_URL:
    app.conf.update(
        broker_url=settings.REDIS_URL,
        broker_transport_options={
            # Seconds until a job that was never acknowledged is handed out again; above the longest run.
            "visibility_timeout": settings.BACKGROUND_SECONDS + settings.WORKER_DRAIN_SECONDS + 600,
            # Looked for at each beat (10 s). At each tenth, the default, a killed worker's job stayed away for 100 s.
            "unacked_restore_throttle": 1,
            # Seconds that a person waits at most for a queue that is not there.
            "socket_connect_timeout": 2,
        },
    )
else:
    messages, control = settings.BROKER_DIR / "messages", settings.BROKER_DIR / "control"
    for folder in (messages, control):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    app.conf.update(
        broker_url=f"{folder_broker.SCHEME}://localhost",
        broker_transport_options={
            # One folder for both directions: what one process puts in, the other takes out.
            "data_folder_in": str(messages),
            "data_folder_out": str(messages),
            "control_folder": str(control),
            # Seconds between two looks into the folder. The default of 1 is felt by a person who waits.
            "polling_interval": 0.1,
        },
        # There is one worker, and its supervisor steers it by signals.
        worker_enable_remote_control=False,
    )

app.autodiscover_tasks()
# For all threads: a web process sends from whichever one answers.
app.set_default()


@celeryd_init.connect
def end_with_the_supervisor(**_: object) -> None:
    lifeline.hold()


_leaving = Leaving(settings.WORKER_DRAIN_SECONDS)


@worker_shutting_down.connect
def leave_in_time(**_: object) -> None:
    _leaving.ask()
    signal.signal(signal.SIGINT, leave_at_once)


@worker_ready.connect
def leave_at_once_when_told(**_: object) -> None:
    """Upon SIGQUIT, and upon a second Ctrl-C, Celery would end the jobs. It cannot do that to threads, and hangs."""
    signal.signal(signal.SIGQUIT, leave_at_once)


def leave_at_once(*_: object) -> None:
    _leaving.ask(at_once=True)


@setup_logging.connect
def log_like_the_others(**_: object) -> None:
    """With somebody listening here Celery sets up no logging of its own, which would go past the redaction."""
