from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

# A worker gives a sign of life every few seconds; one that has not for this long is gone, or frozen.
ALIVE = timedelta(seconds=30)
# One that is gone for this long is forgotten.
FORGOTTEN = timedelta(hours=1)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> Self:
        return self.filter(seen_at__gt=Now() - ALIVE)

    def sign(self, name: str) -> None:
        """This worker is there."""
        if not self.filter(name=name).update(seen_at=Now()):
            self.filter(seen_at__lt=Now() - FORGOTTEN).delete()
            self.create(name=name, seen_at=Now())


class Worker(models.Model):
    """A process that performs what runs in the background, as far as it has said that it is there."""

    name = models.CharField(max_length=100, unique=True)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
