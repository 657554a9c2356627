from django.urls import path

from runs.consumers import RunConsumer

# Channels routes ASGI applications with the function that Django made for views.
websocket_urlpatterns = [path("ws/", RunConsumer.as_asgi())]  # type: ignore[arg-type]
