"""JavaScript with fetch, in a module. Pure."""

from runs.code.javascript import as_text, members_of, template
from runs.code.literals import JAVASCRIPT, is_safe_in_javascript, javascript_name, json_string
from runs.code.literals import write as write_literal
from runs.code.request import CodeRequest

CHECK = """\
if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
"""
CHAT_WHOLE = """\
const answer = await response.json();
console.log(answer.choices[0].message.content);
"""
WHOLE = """\
console.log(await response.text());
"""
CHAT_STREAM = """\
let rest = "";
for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + piece).split("\\n");
  rest = lines.pop();
  for (const line of lines) {
    if (!line.startsWith("data:") || line.startsWith("data: [DONE]")) continue;
    for (const choice of JSON.parse(line.slice(5)).choices ?? []) {
      process.stdout.write(choice.delta?.content ?? "");
    }
  }
}
"""
STREAM = """\
for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
  process.stdout.write(piece);
}
"""


def write(request: CodeRequest) -> str:
    headers = "".join(
        f"    {javascript_name(name)}: {template(value, request.key_variable)},\n"
        for name, value in request.headers.items()
    )
    body = dict(request.body)
    if is_safe_in_javascript(body):
        note, written = "", f"JSON.stringify({write_literal(body, JAVASCRIPT, 1)})"
    else:
        note, written = as_text("  "), json_string(members_of(body))
    return "".join(
        [
            f"const response = await fetch({json_string(request.url)}, {{\n",
            '  method: "POST",\n',
            f"  headers: {{\n{headers}  }},\n",
            f"{note}  body: {written},\n",
            "});\n",
            CHECK,
            _reading(request),
        ]
    )


def _reading(request: CodeRequest) -> str:
    if request.resource == "chat.completions":
        return CHAT_STREAM if request.streams else CHAT_WHOLE
    return STREAM if request.streams else WHOLE
