"""Tells a person by e-mail that what ran in the background has ended; never what was said."""

import logging
from smtplib import SMTPException
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

from accounts.models import User
from runs.models import Run

logger = logging.getLogger(__name__)

# Runs that one e-mail names; of the others it says how many they are.
MOST = 20


def tell(run_id: int) -> None:
    """Send it to the person of this run, if they want e-mails, have not seen the end, and nothing else is under way."""
    if not settings.HAS_MAIL:
        return
    user = User.objects.filter(runs=run_id, wants_email=True, is_active=True).first()
    if user is None:
        return
    news = Run.objects.news_for(user)
    if news.under_way().exists():
        # A batch is told of once, by whichever ends last.
        return
    ended = list(news.only("state", "requested_model")[: MOST + 1])
    if run_id not in {run.pk for run in ended}:
        return
    try:
        send_mail(_subject(ended), _text(ended), None, [user.email])
    except (SMTPException, OSError) as error:
        # The page tells it all the same.
        logger.warning("No e-mail could be sent about run %d: %s", run_id, type(error).__name__)


def _subject(ended: list[Run]) -> str:
    if len(ended) == 1:
        return f"{ended[0].requested_model}: {ended[0].get_state_display().lower()}"
    return f"{len(ended[:MOST])} answers have ended"


def _text(ended: list[Run]) -> str:
    lines = [
        f"{run.requested_model}: {run.get_state_display().lower()}\n"
        f"{urljoin(settings.BASE_URL, reverse('runs:details', args=[run.pk]))}\n"
        for run in ended[:MOST]
    ]
    more = ["There are more on the page.\n"] if len(ended) > MOST else []
    return "\n".join(["What you asked in the background has ended.\n", *lines, *more])
