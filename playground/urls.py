from django.urls import include, path

from playground import health
from playground.metrics import metrics
from playground.troubles import troubles

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics),
    path("troubles/", troubles, name="troubles"),
    path("", include("accounts.urls")),
    path("", include("providers.urls")),
    path("", include("runs.urls")),
    path("", include("chat.urls")),
]
