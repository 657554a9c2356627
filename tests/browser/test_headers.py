"""Every answer says what a page may do and where it may be shown, whatever kind of page it is."""

import re

import pytest
from playwright.sync_api import APIRequestContext, APIResponse

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


# A path of each kind of answer, and the status that somebody who is signed in gets.
ANSWERS = {
    "/": 200,
    "/models/": 200,
    "/models/options/?q=demo": 200,
    "/settings/keys/": 200,
    "/settings/providers/": 200,
    "/accounts/password/": 200,
    "/accounts/login/": 302,
    "/welcome/used/": 410,
    "/no/such/page": 404,
    "/conversations/999999/": 404,
    "/runs/1/stop/": 405,
    "/healthz": 200,
    "/readyz": 200,
    "/static/no/such/file": 404,
}


def test_every_kind_of_answer_carries_the_headers(screen: Screen) -> None:
    for path, status in ANSWERS.items():
        expect_headers(_get(screen.page.request, screen.url + path), status)


def test_the_sign_in_page_carries_the_headers(screen: Screen) -> None:
    screen.page.context.clear_cookies()

    expect_headers(_get(screen.page.request, screen.url + "/accounts/login/"), 200)
    expect_headers(_get(screen.page.request, screen.url + "/"), 302)


def test_a_conversation_carries_the_headers(screen: Screen) -> None:
    screen.ask("demo/echo", "Hello")
    screen.expect_state("done")

    expect_headers(_get(screen.page.request, screen.page.url), 200)


def test_a_form_without_its_token_is_refused_with_the_headers(screen: Screen) -> None:
    answer = screen.page.request.post(screen.url + "/conversations/", form={"text": "Hello", "model": "demo/echo"})

    expect_headers(answer, 403)


def test_every_static_file_of_the_page_carries_the_headers(screen: Screen) -> None:
    page = _get(screen.page.request, screen.url + "/").text()
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))

    assert len(files) > 5
    for file in files:
        expect_headers(_get(screen.page.request, screen.url + file), 200)


def expect_headers(answer: APIResponse, status: int) -> None:
    headers, where = answer.headers, answer.url
    assert answer.status == status, where
    policy = headers.get("content-security-policy", "")
    assert "default-src 'none'" in policy, where
    assert "frame-ancestors 'none'" in policy, where
    assert "unsafe" not in policy, where
    assert headers.get("x-content-type-options") == "nosniff", where
    assert headers.get("referrer-policy") in {"same-origin", "no-referrer"}, where
    assert headers.get("x-frame-options") == "DENY", where
    assert "server" not in headers, where
    assert "x-powered-by" not in headers, where


def _get(request: APIRequestContext, url: str) -> APIResponse:
    return request.get(url, max_redirects=0)
