"""Python with requests. Pure."""

from runs.code import python
from runs.code.request import CodeRequest


def write(request: CodeRequest) -> str:
    arguments = "".join(python.arguments(request))
    if request.streams:
        call = f"with requests.post(\n{arguments}    stream=True,\n) as response:\n"
    else:
        call = f"response = requests.post(\n{arguments})\n"
    # Its lines as bytes: as text it would cut them at characters that JSON allows inside of a string.
    return python.imports(request, "requests") + call + python.reading(request, of_bytes=True)
