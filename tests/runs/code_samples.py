"""Requests that are hard to write down in code."""

from typing import Any

from runs.code import KEY, CodeRequest

NASTY = (
    "'single' \"double\" `back` \\ backslash \\n no newline, $HOME ${HOME} $(id) %s {brace} !! # ; & | < >\n"
    "a line, a tab\t, a return\r\n, é 漢字 👩‍👧 \u202e turned around, \u2028 \u2029 \x7f \x1b[31m \ufeff </script>\nEND"
)
NASTY_BODY: dict[str, Any] = {
    "model": "tokens/8",
    "messages": [
        {"role": "system", "content": NASTY},
        {"role": "user", "content": [{"type": "text", "text": NASTY}, {"type": "text", "text": ""}]},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user", "content": "Hello"},
    ],
    "temperature": 0.1,
    "top_p": 1e-07,
    "max_tokens": 4096,
    "seed": 2**53 - 1,
    "logit_bias": {"50256": -100, "1": 0.5},
    "stop": ["\n", "'", '"', "$'\\x41'"],
    "user": None,
    "logprobs": False,
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "answer",
            "strict": True,
            "schema": {"type": "object", "properties": {"__proto__": {"type": "null"}, "a b": {}}, "required": []},
        },
    },
    "__proto__": {"x": 1},
    "constructor": [[], {}, [[1, [2.5]]]],
    "not-a-name": {"class": True, "if": False, "1st": 1, "": "", NASTY: NASTY},
    "extra_headers": {"no": "header"},
}
# Beyond what a number of JavaScript can hold.
LARGE_BODY: dict[str, Any] = NASTY_BODY | {"seed": 12345678901234567891, "offset": -(2**64)}


def request_for(
    body: dict[str, Any], base_url: str = "https://api.example.org/v1", variable: str = "EXAMPLE_API_KEY"
) -> CodeRequest:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {KEY}"} if variable else {})
    return CodeRequest(f"{base_url}/chat/completions", headers, body, variable)
