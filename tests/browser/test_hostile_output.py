"""What a model, a provider or a title says is only ever text: nothing runs, nothing is loaded, nothing leaves.

With the page's policy switched off, because the policy is the second lock, not the first.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product
from tests.browser.screen import Screen, signed_in
from tests.browser.upstream import Upstream
from tests.browser.watch import OpenContext
from tests.faultscript import ENDING, chunk, event, http_head

pytestmark = pytest.mark.browser

ELSEWHERE = "https://elsewhere.invalid"
PAYLOADS = [
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    f"<img src={ELSEWHERE}/pixel.png>",
    f"![a picture]({ELSEWHERE}/pixel.png)",
    "<svg onload='window.pwned = 1'></svg>",
    "<svg><script>window.pwned = 1</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror='window.pwned = 1'></style></mglyph></table></mtext></math>",
    "[click me](javascript:window.pwned=1)",
    "[click me](data:text/html,<script>window.pwned=1</script>)",
    "<javascript:window.pwned=1>",
    f"<iframe src={ELSEWHERE}/frame srcdoc='<script>parent.pwned=1</script>'></iframe>",
    f"<form action={ELSEWHERE}/steal><input name=key autofocus onfocus='window.pwned = 1'></form>",
    f"<link rel=stylesheet href={ELSEWHERE}/style.css><style>@import '{ELSEWHERE}/more.css';</style>",
    f"<meta http-equiv=refresh content='0;url={ELSEWHERE}/'>",
    f"<base href={ELSEWHERE}/>",
    "<details open ontoggle='window.pwned = 1'>x</details>",
    "</template></textarea></title><script>window.pwned = 1</script>",
    "<div hx-get=/settings/keys/ hx-trigger=load hx-swap=outerHTML></div>",
    "{{ csrf_token }}{% debug %}${window.pwned = 1}<run-stream data-run=1 data-href=/></run-stream>",
    f"[x]: {ELSEWHERE}/a 'b' onmouseover='window.pwned = 1'",
]
# Elements that an answer has no use for.
FORBIDDEN = (
    "script, img, svg, math, iframe, form, input, link, style, meta, base, object, embed, video, audio, run-stream"
)

# What makes no markup is tried with the first lock alone.
without_policy = pytest.mark.parametrize("hostile_screen", [True], ids=["without its policy"], indirect=True)


@pytest.fixture(params=[True, False], ids=["without its policy", "with its policy"])
def hostile_screen(
    request: pytest.FixtureRequest, open_context: OpenContext, product: Product, members: Iterator[str]
) -> Screen:
    context = open_context(bypass_csp=request.param)
    context.add_init_script("window.pwned = 0")
    return signed_in(context, product, next(members))


def test_an_answer_runs_nothing(hostile_screen: Screen, upstream: Upstream) -> None:
    screen, answer = (
        hostile_screen,
        "\n\n".join([*PAYLOADS, "```<img src=x onerror=window.pwned=1>\nx\n```", "The end."]),
    )
    thought = chunk({"reasoning_content": " ".join(PAYLOADS)})
    pieces = [chunk({"content": answer[start : start + 7]}) for start in range(0, len(answer), 7)]
    upstream.say(http_head(), thought, *pieces, ENDING)

    screen.ask("tokens/8", "\n".join(PAYLOADS))

    screen.expect_answer(answer)
    expect_harmless(screen.page)
    screen.page.reload()
    expect(screen.reply).to_contain_text("The end.")
    expect_harmless(screen.page)


@without_policy
def test_a_title_runs_nothing(hostile_screen: Screen, upstream: Upstream) -> None:
    screen = hostile_screen
    screen.ask("tokens/8", PAYLOADS[0])
    screen.expect_state("done")
    entry = screen.history.get_by_role("listitem").first

    for payload in PAYLOADS:
        entry.hover()
        entry.get_by_label("Rename").click()
        entry.get_by_role("textbox", name="Title of the conversation").fill(payload)
        entry.get_by_role("button", name="Save").click()
        expect(entry.get_by_role("link")).to_have_text(payload)
        expect_harmless(screen.page)

    screen.page.reload()
    expect(screen.page).to_have_title(f"{PAYLOADS[-1]} · Playground")
    expect_harmless(screen.page)


@without_policy
def test_the_name_of_a_model_runs_nothing(hostile_screen: Screen, upstream: Upstream) -> None:
    screen = hostile_screen
    screen.open(model="tokens/8")
    for number, payload in enumerate(PAYLOADS[:6], start=1):
        name = {"id": payload, "object": "chat.completion.chunk", "created": 1, "model": payload, "choices": []}
        upstream.say(http_head(), event(name), chunk({"content": "Hello"}), ENDING)

        screen.say(payload)

        expect(screen.replies).to_have_count(number)
        screen.expect_answer("Hello")
        expect(screen.reply).to_contain_text(f"answered by {payload}")
        expect_harmless(screen.page)


@without_policy
def test_a_providers_error_runs_nothing(hostile_screen: Screen, upstream: Upstream) -> None:
    screen = hostile_screen
    # Four at a time: more would not fit into what is kept of an error.
    for start in range(0, len(PAYLOADS), 4):
        payloads = PAYLOADS[start : start + 4]
        upstream.answer(400, {"error": {"message": " ".join(payloads), "code": payloads[0], "type": payloads[0]}})

        screen.ask("tokens/8", "Fail")

        screen.expect_state("failed")
        screen.card.locator("summary").click()
        expect(screen.card).to_contain_text(payloads[0])
        expect_harmless(screen.page)


def expect_harmless(page: Page) -> None:
    assert page.evaluate("window.pwned") == 0
    said = page.locator(".prose, .written, .reasoning, .error-card pre, .conversation-item > a, .byline")
    assert said.locator(FORBIDDEN).count() == 0
    links = said.locator("a").evaluate_all("links => links.map((link) => link.protocol)")
    assert set(links) <= {"http:", "https:", "mailto:"}
    attributes = said.locator("*").evaluate_all("all => all.flatMap((one) => one.getAttributeNames())")
    assert [name for name in attributes if name.startswith(("on", "hx-", "style", "src"))] == []
