from django.urls import include, path

from playground import health
from playground.metrics import PATH, metrics
from playground.troubles import troubles

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path(PATH.removeprefix("/"), metrics),
    path("troubles/", troubles, name="troubles"),
    # The ways of messages and runs come first: they are asked for the most.
    path("", include("chat.urls")),
    path("", include("runs.urls")),
    path("", include("providers.urls")),
    path("", include("accounts.urls")),
]
