"""The request of a signed-in person, as views behind `login_required` receive it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class PersonRequest(HttpRequest):
    user: User
    htmx: HtmxDetails
