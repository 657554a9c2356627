"""What the Python libraries share: headers, and how the answer is read. Pure."""

from runs.code.literals import PYTHON, python_string, write
from runs.code.request import KEY, CodeRequest

# Seconds; a model that reasons may take minutes.
TIMEOUT = 600

ANSWERS = {"chat.completions": 'response.json()["choices"][0]["message"]["content"]'}
READ_WHOLE = """\
response.raise_for_status()
print({answer})
"""
READ_CHAT_STREAM = """\
    response.raise_for_status()
    for line in response.iter_lines():
        if line.startswith({b}"data:") and line != {b}"data: [DONE]":
            for choice in json.loads(line[5:]).get("choices") or []:
                print((choice.get("delta") or {{}}).get("content") or "", end="", flush=True)
"""
READ_STREAM = """\
    response.raise_for_status()
    for line in response.iter_lines():
        print(line{decode})
"""


def imports(request: CodeRequest, library: str) -> str:
    standard = [*(["json"] if reads_json(request) else []), *(["os"] if request.key_variable else [])]
    lines = [f"import {name}" for name in standard]
    return "\n".join([*lines, *([""] if lines else []), f"import {library}", "", ""])


def reads_json(request: CodeRequest) -> bool:
    return request.streams and request.resource == "chat.completions"


def arguments(request: CodeRequest, depth: int = 1) -> list[str]:
    """Address, headers, body and patience, as both libraries take them. The content type they add themselves."""
    indent = " " * PYTHON.indent * depth
    sent = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
    headers = ", ".join(f"{python_string(name)}: {_value(value, request)}" for name, value in sent.items())
    return [
        f"{indent}{line},\n"
        for line in [
            python_string(request.url),
            *([f"headers={{{headers}}}"] if headers else []),
            f"json={write(dict(request.body), PYTHON, depth)}",
            f"timeout={TIMEOUT}",
        ]
    ]


def reading(request: CodeRequest, *, of_bytes: bool = False) -> str:
    """What is done with the answer; `of_bytes` where the library's lines are bytes."""
    if not request.streams:
        return READ_WHOLE.format(answer=ANSWERS.get(request.resource, "response.text"))
    if reads_json(request):
        return READ_CHAT_STREAM.format(b="b" if of_bytes else "")
    return READ_STREAM.format(decode=".decode()" if of_bytes else "")


def _value(value: str, request: CodeRequest) -> str:
    if value == KEY:
        return f'os.environ["{request.key_variable}"]'
    if KEY not in value:
        return python_string(value)
    written = python_string(value).replace("{", "{{").replace("}", "}}")
    return "f" + written.replace(KEY, f"{{os.environ['{request.key_variable}']}}")
