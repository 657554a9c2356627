"""What is read from pasted code: as people copy it from documentation, from a browser, from their own files."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.code import KEY, LANGUAGES, CodeRequest
from runs.pasted import UnreadableError, read
from runs.pasted.request import SECRET_NAME
from tests.runs.code_samples import LARGE_BODY, NASTY_BODY, request_for

SECRET = "sk-CANARY-0123456789"
HELLO: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
GATEWAY = "https://api.aimlapi.com/v1/chat/completions"

# Everything that JSON can say, with names and texts that mean something to a shell or a language.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    st.sampled_from(
        ["'", "\\'", "$HOME", "${x}", "`id`", "{x}", "\\u0041", "%s", "\n", "\u2028", "END", "__proto__", "//"]
    ),
)
# A member of such a name is forgotten, which is not what these tests are about.
INNER_NAMES = TEXTS.filter(lambda name: not SECRET_NAME.fullmatch(name))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(INNER_NAMES, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.one_of(INNER_NAMES, st.sampled_from(["temperature", "stop", "top_k", "class", "extra_body", "timeout"]))
BODIES = st.builds(
    lambda text, further: {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **further},
    TEXTS,
    st.dictionaries(NAMES.filter(lambda name: name not in ("model", "messages", "stream")), VALUES, max_size=5),
)


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("body", [NASTY_BODY, LARGE_BODY], ids=["nasty", "large numbers"])
def test_what_is_given_as_code_is_read_back(name: str, stream: bool, body: dict[str, Any]) -> None:
    expect_stable(name, request_for(body).streaming(stream))


@pytest.mark.parametrize("name", LANGUAGES)
@given(body=BODIES, stream=st.booleans())
def test_whatever_is_given_as_code_is_read_back(name: str, body: dict[str, Any], stream: bool) -> None:
    expect_stable(name, request_for(body).streaming(stream))


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize(
    "headers", [{}, {"x-api-key": KEY, "anthropic-version": "2023-06-01"}, {"Authorization": f"Bearer {KEY}"}]
)
def test_a_provider_with_other_headers_or_none(name: str, headers: dict[str, str]) -> None:
    variable = "EXAMPLE_API_KEY" if headers else ""
    expect_stable(name, CodeRequest("http://127.0.0.1:11434/v1/chat/completions", headers, HELLO, variable))


def test_a_body_larger_than_an_argument_may_be_is_read_back() -> None:
    request = request_for(HELLO | {"user": "x" * 200_000 + "'"})

    expect_stable("curl", request)
    assert "<<'END'" in LANGUAGES["curl"].write(request)


def expect_stable(name: str, request: CodeRequest) -> None:
    code = LANGUAGES[name].write(request)

    pasted = read(code)

    assert json.dumps(pasted.body, sort_keys=True) == json.dumps(whole_numbers(request.body), sort_keys=True)
    assert pasted.url == request.url
    assert not pasted.had_key
    assert not pasted.notes
    again = CodeRequest(pasted.url, request.headers, pasted.body, request.key_variable)
    assert LANGUAGES[name].write(again) == code


def whole_numbers(value: Any) -> Any:
    """JSON itself knows no difference between 0 and its negative."""
    return json.loads(json.dumps(value))


CURL = [
    f"""curl --request POST \\
  --url {GATEWAY} \\
  --header 'Authorization: Bearer {SECRET}' \\
  --header 'Content-Type: application/json' \\
  --data '{{
  "model": "gpt-4o",
  "messages": [{{"role": "user", "content": "Hello"}}]
}}'""",
    f"""$ curl -sS {GATEWAY} -H "Authorization: Bearer {SECRET}" -d "{{\\"model\\": \\"gpt-4o\\",
        \\"messages\\": [{{\\"role\\": \\"user\\", \\"content\\": \\"Hello\\"}}]}}" | jq .choices""",
    f"""export AIML_API_KEY={SECRET}
# ask
curl -L -X POST "{GATEWAY}" -H "Authorization: Bearer $AIML_API_KEY" --json @- <<EOF
{{"model": "gpt-4o", "messages": [{{"role": "user", "content": "Hello"}}]}}
EOF
""",
    f"""curl '{GATEWAY}?key={SECRET}' --compressed -H $'x-api-key: {SECRET}' \\
  --data-raw $'{{"model":"gpt-4o","messages":[{{"role":"user","content":"\\u0048ello"}}]}}'""",
    f"""```bash
curl -u user:{SECRET} {GATEWAY} -XPOST -d'{{"model":"gpt-4o","messages":[{{"role":"user","content":"Hello"}}]}}'
```""",
]
PYTHON = [
    f"""
import requests
import json

url = "{GATEWAY}"
headers = {{"Authorization": "Bearer {SECRET}", "Content-Type": "application/json"}}
payload = {{
    "model": "gpt-4o",
    "messages": [{{"role": "user", "content": "Hello"}}],  # the question
}}
response = requests.request("POST", url, headers=headers, data=json.dumps(payload))
print(response.json())
""",
    f"""
from openai import OpenAI

api_key = "{SECRET}"
client = OpenAI(api_key=api_key, base_url="https://api.aimlapi.com/v1")
model: str = "gpt" + "-4o"


def main():
    messages = [dict(role="user", content=("Hel" "lo"))]
    completion = client.chat.completions.create(model=model, messages=messages, timeout=10)
    print(completion.choices[0].message.content)
""",
    f"""
%pip install openai
!echo ready
import httpx
httpx.post(f"{GATEWAY}", headers={{"Authorization": f"Bearer {SECRET}"}},
    content='{{"model": "gpt-4o", "messages": [{{"role": "user", "content": "Hello"}}]}}')
""",
]
JAVASCRIPT = [
    f"""
const response = await fetch('{GATEWAY}', {{
  method: 'POST',
  headers: {{ 'Authorization': 'Bearer {SECRET}', 'Content-Type': 'application/json' }},
  body: JSON.stringify({{
    model: 'gpt-4o', // the model
    messages: [{{ role: 'user', content: `Hello` }},],
  }}),
}})
const data = await response.json()
""",
    f"""
const OpenAI = require("openai");
const api = new OpenAI({{ baseURL: "https://api.aimlapi.com/v1/", apiKey: "{SECRET}" }});
const model = "gpt-4o";
const messages = [{{ role: "user" as const, content: "Hel" + "lo" }}];
async function main() {{
  const completion = await api.chat.completions.create({{ model, messages }});
  console.log(completion.choices[0]?.message);
}}
main();
""",
    f"""
import axios from 'axios';
const payload = {{ model: "gpt-4o", messages: [{{ role: "user", content: "Hello" }}] }};
axios.post("{GATEWAY}", {{ ...payload }}, {{ headers: {{ "x-api-key": "{SECRET}" }} }}).then(r => console.log(r.data));
""",
]


@pytest.mark.parametrize("text", [*CURL, *PYTHON, *JAVASCRIPT])
def test_code_as_people_have_it_is_read_and_its_key_forgotten(text: str) -> None:
    pasted = read(text)

    assert (pasted.url, pasted.body) == (GATEWAY, HELLO)
    assert pasted.had_key
    assert SECRET not in repr(pasted)
    assert not pasted.notes


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(HELLO),
        json.dumps(HELLO, indent=2) + "\n",
        "```json\n" + json.dumps(HELLO) + "\n```",
        "{model: 'gpt-4o', messages: [{role: 'user', content: 'Hello',},], /* that is all */}",
    ],
)
def test_json_is_read_also_as_loosely_as_people_write_it(text: str) -> None:
    pasted = read(text)

    assert (pasted.url, pasted.body, pasted.had_key) == ("", HELLO, False)


def test_a_list_of_messages_is_a_request_without_a_model() -> None:
    assert read(json.dumps(HELLO["messages"])).body == {"messages": HELLO["messages"]}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("client.messages.create(model='claude', max_tokens=9, messages=[])", "https://api.anthropic.com/v1/messages"),
        ("openai.OpenAI().responses.create(model='gpt-5', input='Hi')", "https://api.openai.com/v1/responses"),
        ("OpenAI(base_url=os.environ['X']).chat.completions.create(model='m', messages=[])", "/chat/completions"),
    ],
)
def test_the_sdks_know_where_they_go(text: str, url: str) -> None:
    assert read(text).url == url


@pytest.mark.parametrize(
    ("text", "content", "note"),
    [
        ("create(messages=[{'role': 'user', 'content': f'Sum up {text!r} now'}])", "Sum up {text} now", "{names}"),
        ("create({messages: [{role: 'user', content: `Sum up ${text} now`}]})", "Sum up ${text} now", "${names}"),
    ],
)
def test_a_text_with_holes_keeps_them_and_says_so(text: str, content: str, note: str) -> None:
    pasted = read(f"client.chat.completions.{text}")

    assert pasted.body["messages"][0]["content"] == content
    assert note in pasted.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "create(model='m', messages=[{'role': 'user', 'content': 'Hi'}, history[0]], seed=pick(), tools=TOOLS)",
        "create({model: 'm', messages: [{role: 'user', content: 'Hi'}, history[0]], seed: pick(), tools: TOOLS})",
    ],
)
def test_what_the_code_does_not_write_out_is_left_out_and_said(text: str) -> None:
    pasted = read(f"client.chat.completions.{text}")

    assert pasted.body == {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    assert [note.split("”")[0] for note in pasted.notes] == ["“messages 2", "“seed", "“tools"]


def test_a_key_inside_of_the_request_is_forgotten_but_not_a_schema_that_speaks_of_one() -> None:
    schema = {"type": "object", "properties": {"api_key": {"type": "string"}}}
    tools = [{"type": "mcp", "authorization": SECRET, "parameters": schema}]

    pasted = read(json.dumps(HELLO | {"api_key": SECRET, "tools": tools, "user": f"me, {SECRET}"}))

    assert pasted.had_key
    assert SECRET not in repr(pasted)
    assert pasted.body == HELLO | {"tools": [{"type": "mcp", "parameters": schema}], "user": "me, …"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Nothing was pasted."),
        ("   \n", "Nothing was pasted."),
        ("Hello, how are you?", "No request can be read"),
        ("print('hello')", "No request can be read"),
        ("{}", "neither a model nor messages"),
        ("[1, 2]", "neither a model nor messages"),
        ('{"a": 1}', "neither a model nor messages"),
        ('{"model": "m", "messages": [', "not whole"),
        ("curl https://example.org", "has no body"),
        ("curl https://example.org -d 'a=1'", "not JSON"),
        ("curl https://example.org -d @body.json", "a file"),
        ("curl https://example.org -F file=@cat.png", "a form"),
        ('curl https://example.org -d \'{"model"', "a quote is opened"),
        ("client.chat.completions.create(**everything)", "No request can be read"),
        ("[" * 5000 + "]" * 5000, "neither a model nor messages"),
        ("(" * 5000, "No request can be read"),
        ("fetch(" * 5000, "more than can be read"),
        ("fetch(" + "-" * 5000, "No request can be read"),
        ("fetch(" + "new " * 5000, "No request can be read"),
        ("fetch(" + "TextEncoder()." * 5000, "No request can be read"),
        ("f(" + "'a' + " * 5000 + "'a')", "No request can be read"),
        ("x = " + "[" * 90 + "]" * 90, "No request can be read"),
        ("\x00", "No request can be read"),
        ("x" * 2_000_001, "too long"),
    ],
)
def test_what_is_no_request_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UnreadableError, match=sentence):
        read(text)


@pytest.mark.parametrize("text", [*CURL, *PYTHON, *JAVASCRIPT])
@given(cut=st.floats(0, 1))
def test_half_of_a_text_is_read_or_refused_and_never_shows_the_key(text: str, cut: float) -> None:
    try:
        shown = repr(read(text[: int(len(text) * cut)]))
    except UnreadableError as error:
        shown = str(error)

    assert SECRET not in shown


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        said = repr(read(text).body)
    except UnreadableError as error:
        said = str(error)

    assert said


@pytest.mark.parametrize(("declare", "join"), [("", " + "), ("const ", " + ")])
def test_names_that_multiply_come_to_an_end(declare: str, join: str) -> None:
    lines = [f"{declare}a0 = '{'x' * 1000}'", *(f"{declare}a{n} = a{n - 1}{join}a{n - 1}" for n in range(1, 40))]
    call = "client.chat.completions.create({model: a39})" if declare else "client.chat.completions.create(model=a39)"

    with pytest.raises(UnreadableError, match="can be read"):
        read("\n".join([*lines, call]))


@pytest.mark.parametrize(
    "piece",
    ["fetch(", "a.b(", "`${", "'", "{", "x=[", "fetch(a,", "post(-", "/*", "const a=a;", "<<A ", "curl \\", 'curl "$a'],
)
def test_a_text_made_to_keep_us_busy_is_refused(piece: str) -> None:
    """Each of these once took time that grew with the square of its length, or nearly so: minutes."""
    with pytest.raises(UnreadableError):
        read(piece * (600_000 // len(piece)))


def test_characters_that_only_look_like_line_ends_are_kept() -> None:
    text = "one\u2028two\x85three\x0cfour"

    for code in (f"client.chat.completions.create(messages='{text}')", f"fetch('u', {{body: {{messages: '{text}'}}}})"):
        assert read(code).body == {"messages": text}


def test_code_is_never_executed(tmp_path: Any) -> None:
    trap = tmp_path / "trap"

    read(f"client.chat.completions.create(model='m', seed=open({str(trap)!r}, 'w').write('x'))")

    assert not trap.exists()
