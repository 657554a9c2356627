"""What each demo model says. All of it is made here; nothing is computed by a model."""

import base64
import binascii
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.demo.media import chime, rings
from providers.demo.request import Request
from providers.demo.schemas import example

INTRODUCTION = "This is the demo provider; "


@dataclass(frozen=True)
class Answer:
    """One choice of a completion."""

    text: str = ""
    reasoning: str = ""
    # (name, arguments as JSON) of a function to call.
    tool_call: tuple[str, str] | None = None
    # Further members of the message, sent after its text.
    beside: Mapping[str, Any] = field(default_factory=dict)
    # Tokens of reasoning that nobody gets to read.
    hidden_tokens: int = 0


def echo(request: Request, chance: random.Random) -> Answer:
    return Answer(request.last_text)


def markdown(request: Request, chance: random.Random) -> Answer:
    return Answer(INTRODUCTION + "it shows what an answer may look like.\n" + MARKDOWN)


def thinker(request: Request, chance: random.Random) -> Answer:
    steps = {"low": 1, "medium": 2, "high": 3}.get(str(request.parameters.get("reasoning_effort")), 2)
    return Answer(
        INTRODUCTION + "it has thought about your message and has nothing to add to it.",
        reasoning="This is the demo provider thinking. " + " ".join(THOUGHTS[:steps]),
    )


def tools(request: Request, chance: random.Random) -> Answer:
    functions = [tool.get("function") for tool in request.parameters.get("tools") or [] if isinstance(tool, dict)]
    named = [function for function in functions if isinstance(function, dict) and function.get("name")]
    if request.tool_results:
        return Answer(INTRODUCTION + "the tool answered: " + " ".join(request.tool_results))
    if not named or request.parameters.get("tool_choice") == "none":
        return Answer(INTRODUCTION + "it calls the first tool it is given, and this request has none to call.")
    arguments = example(named[0].get("parameters") or {"type": "object"})
    return Answer(tool_call=(str(named[0]["name"]), json.dumps(arguments)))


def structured(request: Request, chance: random.Random) -> Answer:
    wanted = request.parameters.get("response_format")
    described = wanted.get("json_schema") if isinstance(wanted, dict) else None
    if isinstance(described, dict) and described.get("schema"):
        value: Any = example(described["schema"])
    else:
        value = {"note": INTRODUCTION + "it answers in JSON.", "words": len(request.last_text.split())}
    return Answer(json.dumps(value, ensure_ascii=False, indent=2))


def vision(request: Request, chance: random.Random) -> Answer:
    found = [_described(part) for part in request.last_parts if part.get("type") != "text"]
    if not found:
        return Answer(INTRODUCTION + "there is no attachment in your message.")
    return Answer(INTRODUCTION + "it sees only kind and size of what you attached:\n\n" + "\n".join(found))


def at_random(request: Request, chance: random.Random) -> Answer:
    return Answer(INTRODUCTION + f"this time it says {chance.choice(CHOICES)} and {chance.randrange(1000)}.")


def slow(request: Request, chance: random.Random) -> Answer:
    return Answer(INTRODUCTION + "it takes a second for every word, so that you can see what waiting looks like.")


def long(request: Request, chance: random.Random) -> Answer:
    lines = [f"{number} bottles of nothing on the wall. " for number in range(20_000 // 7, 0, -1)]
    words = (INTRODUCTION + "it counts. " + "".join(lines)).split()
    return Answer(" ".join(words[:20_000]))


def silent(request: Request, chance: random.Random) -> Answer:
    return Answer(INTRODUCTION + "it said nothing for a while, and then all of this at once.")


def search(request: Request, chance: random.Random) -> Answer:
    sources = [
        {"title": "An example, which the demo made up", "url": "https://example.org/demo?utm_source=demo"},
        {"title": "Another one", "url": "https://example.com/another"},
    ]
    text = INTRODUCTION + "it has searched nothing, and names two sources to show what that looks like."
    return Answer(text, beside={"annotations": [{"type": "url_citation", "url_citation": each} for each in sources]})


def speaker(request: Request, chance: random.Random) -> Answer:
    sound = base64.b64encode(chime()).decode()
    transcript = INTRODUCTION + "it plays three notes instead of speaking."
    return Answer(beside={"audio": {"id": "audio_demo", "data": sound, "transcript": transcript, "expires_at": 0}})


def painter(request: Request, chance: random.Random) -> Answer:
    url = "data:image/png;base64," + base64.b64encode(rings()).decode()
    picture = {"type": "image_url", "image_url": {"url": url}}
    return Answer(INTRODUCTION + "it paints rings, whatever you ask for.", beside={"images": [picture]})


def sealed(request: Request, chance: random.Random) -> Answer:
    before = sum("encrypted_content" in message for message in request.messages)
    got_back = f"It got {before} sealed thought{'s' if before != 1 else ''} of earlier answers back."
    return Answer(
        INTRODUCTION + "it has thought behind closed doors. " + got_back,
        beside={"encrypted_content": f"demo-sealed-{before + 1}"},
        hidden_tokens=24,
    )


ANSWERS: dict[str, Callable[[Request, random.Random], Answer]] = {
    "demo/echo": echo,
    "demo/markdown": markdown,
    "demo/thinker": thinker,
    "demo/tools": tools,
    "demo/json": structured,
    "demo/vision": vision,
    "demo/random": at_random,
    "demo/slow": slow,
    "demo/long": long,
    "demo/silent": silent,
    "demo/search": search,
    "demo/speaker": speaker,
    "demo/painter": painter,
    "demo/sealed": sealed,
}


def _described(part: dict[str, Any]) -> str:
    kind = str(part.get("type"))
    value = part.get(kind)
    inside = value if isinstance(value, dict) else {}
    if kind == "file":
        return f"- {inside.get('filename') or 'a file'}, {_size(str(inside.get('file_data', '')))}"
    if kind == "input_audio":
        return f"- audio/{inside.get('format') or 'unknown'}, {_size(str(inside.get('data', '')))}"
    url = str(inside.get("url", ""))
    if not url.startswith("data:"):
        return f"- {kind}: a link, which it does not open"
    return f"- {url[5:].partition(';')[0] or 'a file of no kind'}, {_size(url)}"


def _size(data: str) -> str:
    """How large base64 data is, also where it is a data URL."""
    try:
        return f"{len(base64.b64decode(data.rpartition(',')[2], validate=True)):,} bytes"
    except binascii.Error:
        return "which is not base64"


THOUGHTS = [
    "First I look at the message: it has words in it.",
    "Then I look at what I could say about them, which is the same for everybody.",
    "So the honest answer is that I am a demo, and I shall say so.",
]
CHOICES = ["apple", "breeze", "candle", "drizzle", "ember", "feather", "glacier", "harbour", "island", "juniper"]

MARKDOWN = r"""
## A heading

A paragraph with *emphasis*, **weight**, `code`, ~~second thoughts~~ and [a link](https://example.org/).

| planet | radius in km | moons |
| :----- | -----------: | ----: |
| Mars   |        3,390 |     2 |
| Earth  |        6,371 |     1 |
| Saturn |       58,232 |   146 |

### A list

1. First the question.
2. Then the answer:
   - with a point,
   - and another one.
3. Then the doubt.

### Some code

```python
def greet(name: str) -> str:
    # <b>Not</b> HTML, and it stays that way.
    return f"Hello, {name}!"
```

> A quotation is a way to say something without having said it.

### A little mathematics

The area of a circle is $A = \pi r^2$, and

$$\int_0^1 x^2 \, dx = \frac{1}{3}$$

---

That is all there is.
"""
