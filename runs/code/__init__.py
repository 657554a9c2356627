"""A request as code that sends the same: a file a language, each with a `write`. Pure: no Django, no I/O.

The key is always an environment variable. What is written can be read back by `runs.pasted`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from runs.code import curl, javascript_fetch, javascript_openai, python_httpx, python_openai, python_requests
from runs.code.request import KEY, CodeRequest, key_variable

__all__ = ["KEY", "LANGUAGES", "CodeRequest", "Language", "key_variable", "languages_for"]


@dataclass(frozen=True)
class Language:
    """A way to write a request."""

    name: str
    label: str
    # What the colouring calls it.
    lexer: str
    write: Callable[[CodeRequest], str]
    # It speaks only to the endpoints that OpenAI's SDKs know.
    is_sdk: bool = False


LANGUAGES = {
    language.name: language
    for language in [
        Language("curl", "cURL", "bash", curl.write),
        Language("python-openai", "Python, OpenAI SDK", "python", python_openai.write, is_sdk=True),
        Language("python-requests", "Python, requests", "python", python_requests.write),
        Language("python-httpx", "Python, httpx", "python", python_httpx.write),
        Language("javascript-openai", "JavaScript, OpenAI SDK", "javascript", javascript_openai.write, is_sdk=True),
        Language("javascript-fetch", "JavaScript, fetch", "javascript", javascript_fetch.write),
    ]
}


def languages_for(request: CodeRequest) -> list[Language]:
    """Those that can send this request."""
    return [language for language in LANGUAGES.values() if request.resource or not language.is_sdk]
