"""Python with httpx. Pure."""

from runs.code import python
from runs.code.request import CodeRequest


def write(request: CodeRequest) -> str:
    arguments = "".join(python.arguments(request))
    if request.streams:
        call = f'with httpx.stream(\n    "POST",\n{arguments}) as response:\n'
    else:
        call = f"response = httpx.post(\n{arguments})\n"
    return python.imports(request, "httpx") + call + python.reading(request)
