"""What a run sends, taken from its row: address, bytes, key."""

from django.conf import settings

from accounts.models import UnreadableKey
from providers.client import Call, Timeouts
from providers.errors import NotSent
from runs.attachments.files import LostError
from runs.models import Run


def prepare(run: Run) -> Call | NotSent:
    """The call of this run, or why there can be none. The key is opened here, for this call, and goes nowhere else."""
    if run.provider is None:
        return NotSent("unknown_host", "The provider was removed.")
    key = run.provider.key_of(run.user)
    if key is None and run.provider.needs_key:
        return NotSent("no_key")
    try:
        secret = key.open() if key else None
    except UnreadableKey:
        return NotSent("key_unreadable")
    try:
        body = run.request_body
    except LostError as lost:
        return NotSent("attachment_lost", f"SHA-256 {lost}")
    return Call(
        base_url=run.provider.base_url,
        dialect=run.provider.dialect,
        body=body,
        key=secret,
        timeouts=_timeouts(run),
        streams=not run.in_background,
    )


def _timeouts(run: Run) -> Timeouts:
    if run.in_background:
        return Timeouts(total=settings.BACKGROUND_SECONDS)
    return Timeouts(first_byte=settings.FIRST_BYTE_SECONDS, idle=settings.IDLE_SECONDS, total=settings.STREAM_SECONDS)


def to_perform(run_id: int) -> Run:
    """The run with what `prepare` needs of it, for whoever did not queue it."""
    needed = ("body", "holes", "in_background", "provider", "user")
    return Run.objects.select_related("provider", "user").only(*needed).get(pk=run_id)
