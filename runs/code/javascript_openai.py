"""JavaScript with OpenAI's SDK, in a module. Pure."""

from runs.code.javascript import as_text, members_of
from runs.code.literals import JAVASCRIPT, is_safe_in_javascript, json_string
from runs.code.literals import write as write_literal
from runs.code.request import CodeRequest

WHOLE = {
    "chat.completions": "console.log(answer.choices[0].message.content);\n",
    "responses": "console.log(answer.output_text);\n",
}
STREAM = {
    "chat.completions": """\
for await (const chunk of answer) {
  for (const choice of chunk.choices) process.stdout.write(choice.delta?.content ?? "");
}
""",
    "responses": """\
for await (const event of answer) {
  if (event.type === "response.output_text.delta") process.stdout.write(event.delta);
}
""",
}


def write(request: CodeRequest) -> str:
    # The SDK insists on a key, also where none is wanted.
    key = f"process.env.{request.key_variable}" if request.key_variable else '"not needed"'
    return "".join(
        [
            'import OpenAI from "openai";\n\n',
            f"const client = new OpenAI({{ baseURL: {json_string(request.base_url)}, apiKey: {key} }});\n\n",
            _call(request),
            (STREAM if request.streams else WHOLE)[request.resource],
        ]
    )


def _call(request: CodeRequest) -> str:
    body = dict(request.body)
    if is_safe_in_javascript(body):
        return f"const answer = await client.{request.resource}.create({write_literal(body, JAVASCRIPT)});\n"
    options = "  stream: true,\n" if request.streams else ""
    return "".join(
        [
            f"const answer = await client.post({json_string(request.path)}, {{\n",
            as_text("  "),
            # Bytes are what every version of the SDK sends as they are.
            f"  body: new TextEncoder().encode({json_string(members_of(body))}),\n",
            '  headers: { "Content-Type": "application/json" },\n',
            options,
            "});\n",
        ]
    )
