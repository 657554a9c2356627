"""Python with OpenAI's SDK. Pure."""

from runs.code.literals import PYTHON, python_string
from runs.code.literals import write as write_literal
from runs.code.request import CodeRequest

# What `create` takes by name in every version since the first of its interface; the rest goes through `extra_body`.
KNOWN = {
    "chat.completions": {
        "model", "messages", "audio", "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens",
        "max_tokens", "metadata", "modalities", "n", "parallel_tool_calls", "prediction", "presence_penalty",
        "reasoning_effort", "response_format", "seed", "stop", "stream", "stream_options", "temperature",
        "tool_choice", "tools", "top_logprobs", "top_p", "user", "web_search_options",
    },
    "responses": {
        "model", "input", "instructions", "max_output_tokens", "metadata", "parallel_tool_calls", "reasoning", "store",
        "stream", "temperature", "text", "tool_choice", "tools", "top_p", "user",
    },
}  # fmt: skip
WHOLE = {
    "chat.completions": "print(answer.choices[0].message.content)\n",
    "responses": "print(answer.output_text)\n",
}
STREAM = {
    "chat.completions": """\
for chunk in answer:
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
""",
    "responses": """\
for event in answer:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)
""",
}


def write(request: CodeRequest) -> str:
    known = KNOWN[request.resource]
    asked = [f"{name}={write_literal(value, PYTHON, 1)}" for name, value in request.body.items() if name in known]
    further = {name: value for name, value in request.body.items() if name not in known}
    if further:
        asked.append(f"extra_body={write_literal(further, PYTHON, 1)}")
    # The SDK insists on a key, also where none is wanted.
    key = f'os.environ["{request.key_variable}"]' if request.key_variable else '"not needed"'
    return "".join(
        [
            "import os\n\n" if request.key_variable else "",
            "from openai import OpenAI\n\n",
            f"client = OpenAI(base_url={python_string(request.base_url)}, api_key={key})\n\n",
            f"answer = client.{request.resource}.create(\n",
            *(f"    {line},\n" for line in asked),
            ")\n",
            (STREAM if request.streams else WHOLE)[request.resource],
        ]
    )
