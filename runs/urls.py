from django.urls import path, register_converter

from runs.views import attachments, beside, code, details, following, overview


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
    path("attachments/<int:attachment_id>/", attachments.attachment, name="attachment"),
    path("runs/", overview.overview, name="runs"),
    path("runs/<int:run_id>/", details.details, name="details"),
    path("runs/<int:run_id>/request.json", details.request_file, name="request_file"),
    path("runs/<int:run_id>/chunks/", details.chunks, name="chunks"),
    path("runs/<int:run_id>/chunks.txt", details.chunks_file, name="chunks_file"),
    path("runs/<int:run_id>/probabilities/", beside.probabilities, name="probabilities"),
    path("runs/<int:run_id>/media/<int:number>", beside.medium, name="medium"),
    path("runs/<int:run_id>/code/", code.code, name="code"),
    path("runs/<int:run_id>/stop/", following.stop, name="stop"),
    path("runs/<numbers:run_ids>/events/", following.events, name="events"),
]
