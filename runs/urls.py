from django.urls import path, register_converter

from runs import views


class Numbers:
    """A number, or several with commas between them, each small enough for a database."""

    regex = r"[0-9]{1,18}(?:,[0-9]{1,18})*"

    def to_python(self, written: str) -> list[int]:
        return [int(number) for number in written.split(",")]

    def to_url(self, numbers: list[int]) -> str:
        return ",".join(map(str, numbers))


register_converter(Numbers, "numbers")

app_name = "runs"
urlpatterns = [
    path("runs/<int:run_id>/stop/", views.stop, name="stop"),
    path("runs/<numbers:run_ids>/events/", views.events, name="events"),
]
