"""Runs: one call to one model, from request to record."""

from runs.models.attachment import Attachment
from runs.models.attempt import Attempt
from runs.models.event import RunEvent
from runs.models.run import Run
from runs.models.supplement import Medium, Supplement
from runs.models.worker import Worker

__all__ = ["Attachment", "Attempt", "Medium", "Run", "RunEvent", "Supplement", "Worker"]
