"""Every form of a no, and what it means."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects import DIALECTS
from providers.errors import ProviderError, Refused

PAGE = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def refusal(status: int, body: Any = b"", **headers: str) -> ProviderError:
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return DIALECTS["openai"].error(status, {name.replace("_", "-"): value for name, value in headers.items()}, written)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Incorrect API key provided", "key_rejected"),
        (402, "", "out_of_credit"),
        (403, "You have run out of credits", "out_of_credit"),
        (403, "Your balance is too low", "out_of_credit"),
        (403, "Monthly quota used", "out_of_credit"),
        (403, "Key limit exceeded", "out_of_credit"),
        (403, "This key lacks the scope model:chat", "not_allowed"),
        (403, "", "not_allowed"),
        (404, "The model gpt-9 does not exist", "model_not_found"),
        (410, "", "model_not_found"),
        (400, "temperature must be at most 2", "bad_request"),
        (400, "Please stop uploading such files", "bad_request"),
        (400, "max_tokens is too large: 99999", "bad_request"),
        (422, "Field required", "bad_request"),
        (405, "", "bad_request"),
        (400, "This model's maximum context length is 8192 tokens", "too_long"),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", "too_long"),
        (422, "Input exceeds the context window", "too_long"),
        (400, "Your credit balance is too low", "out_of_credit"),
        (400, "invalid model ID", "model_not_found"),
        (413, "", "too_long"),
        (408, "", "provider_error"),
        (429, "Too many requests", "rate_limited"),
        (429, "Quota exceeded for requests per minute", "rate_limited"),
        (429, "You have no credits left", "out_of_credit"),
        (500, "", "provider_error"),
        (501, "", "provider_error"),
        (502, "", "provider_error"),
        (503, "", "overloaded"),
        (504, "", "provider_error"),
        (520, "", "provider_error"),
        (529, "", "overloaded"),
        (301, "", "redirect_refused"),
        (308, "", "redirect_refused"),
        (204, "", "provider_error"),
    ],
)
def test_what_a_status_means(status: int, message: str, kind: str) -> None:
    error = refusal(status, {"error": {"message": message}})

    assert isinstance(error, Refused)
    assert error.kind.name == kind
    assert error.detail == message
    assert error.status == status


@pytest.mark.parametrize(
    ("status", "codes", "kind"),
    [
        (429, {"type": "insufficient_quota"}, "out_of_credit"),
        (400, {"code": "context_length_exceeded"}, "too_long"),
        (400, {"code": "model_not_found"}, "model_not_found"),
        (400, {"code": "invalid_api_key"}, "key_rejected"),
    ],
)
def test_a_code_says_more_than_the_status(status: int, codes: dict[str, str], kind: str) -> None:
    assert refusal(status, {"error": {"message": "No.", **codes}}).kind.name == kind
    assert refusal(status, {"message": "No.", **codes}).kind.name == kind


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"error": {"message": "No such field", "type": "invalid", "code": None, "param": "x"}}, "No such field"),
        ({"error": "No such field"}, "No such field"),
        ({"message": "No such field", "statusCode": 400, "error": "Bad Request"}, "No such field"),
        ({"message": ["a must be a number", "b is unknown"], "statusCode": 400}, "a must be a number; b is unknown"),
        ({"detail": "No such field"}, "No such field"),
        (
            {"detail": [{"loc": ["body", "max_tokens"], "msg": "must be positive", "type": "value_error"}]},
            "body.max_tokens: must be positive",
        ),
        ({"errors": [{"message": "one"}, {"message": "two"}]}, "one; two"),
        ([{"error": {"message": "No such field"}}], "No such field"),
        ({"error": {"message": {"message": "nested"}}}, "nested"),
        ({"error": {"message": "two\n\n  lines\ud800\u0000"}}, "two lines\ufffd"),
        ({"error": {"code": 7}}, ""),
        ({"message": None, "error": True, "detail": 7}, ""),
        (b"plain words", "plain words"),
        (b"", ""),
        (b"null", ""),
        (b'{"error": {"message": "cut', '{"error": {"message": "cut'),
        (PAGE, "502 Bad Gateway"),
        (b"<html>no title</html>", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_words_in_a_body_of_any_form(body: Any, detail: str) -> None:
    assert refusal(400, body).detail == detail


def test_a_page_where_an_api_should_be() -> None:
    assert refusal(404, PAGE).kind.name == "not_an_api"
    assert refusal(502, PAGE).kind.name == "provider_error"


def test_a_huge_body_gives_a_short_detail() -> None:
    assert len(refusal(400, {"error": {"message": "x" * 1_000_000}}).detail) == 500
    assert len(refusal(400, b"[" * 100_000).detail) == 500


def test_where_a_redirect_points_to_without_its_query() -> None:
    assert refusal(302, location="https://other.example/v1?token=abc#x").detail == "https://other.example/v1"
    assert refusal(302, location="http://[broken").detail == ""
    assert refusal(302).detail == ""


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("0", 0.0),
        ("1000000000", 1e9),
        ("-7", None),
        ("soon", None),
        ("", None),
        ("inf", None),
        ("nan", None),
        ("1e9", None),
        ("٧", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_seconds_to_wait(written: str, seconds: float | None) -> None:
    assert refusal(429, retry_after=written).retry_after == seconds


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_a_date_to_wait_for(zone: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True).replace("GMT", zone)

    seconds = refusal(429, Retry_After=date).retry_after

    assert seconds is not None
    assert 80 < seconds <= 90


def test_the_request_id_is_kept() -> None:
    assert refusal(500, X_Request_Id="req_1").request_id == "req_1"
    assert refusal(500, CF_Ray="8f-AMS").request_id == "8f-AMS"


@given(st.integers(300, 599), st.text(), st.binary() | st.text().map(str.encode))
def test_any_answer_is_an_error_and_never_a_mistake(status: int, header: str, body: bytes) -> None:
    error = DIALECTS["openai"].error(status, {"Retry-After": header, "Location": header}, body)

    str(error).encode()
