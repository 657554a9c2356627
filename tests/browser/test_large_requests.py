"""Requests that are larger than anything one may send are refused before they are read."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.browser.product import Product

pytestmark = pytest.mark.browser
HEAD = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def answer(product: Product, *pieces: bytes) -> bytes:
    parts = urlsplit(product.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return connection.recv(4096)


def test_a_request_that_announces_too_much_is_refused(product: Product) -> None:
    assert answer(product, HEAD + b"Content-Length: 9999999999\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_one_of_an_ordinary_size_is_read(product: Product) -> None:
    body = b"x" * 3_000_000
    assert answer(product, HEAD + b"Content-Length: 3000000\r\n\r\n", body).startswith(b"HTTP/1.1 403 ")


def test_one_in_pieces_is_read_as_well(product: Product) -> None:
    pieces = b"5\r\nhello\r\n" * 3 + b"0\r\n\r\n"
    assert answer(product, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", pieces).startswith(b"HTTP/1.1 403 ")


def test_a_form_that_is_not_whole_is_answered_like_any_other(product: Product) -> None:
    head = HEAD + b"Content-Type: multipart/form-data; boundary=x\r\n"
    assert answer(product, head + b"Content-Length: 9\r\n\r\n", b"--x\r\nhalf").startswith(b"HTTP/1.1 403 ")
