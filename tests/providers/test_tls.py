"""Certificates that are not valid: the connection ends before anything is sent. And the end of one that is."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from accounts.secret import Secret
from providers import client
from providers.client import connections
from providers.dialects import DIALECTS
from providers.errors import NotSent
from providers.events import TextDelta
from tests.faultscript import CHUNKED, ENDING, chunk, http_chunk
from tests.faultserver import FaultServer


@pytest.fixture(autouse=True)
def _forget_authorities() -> Iterator[None]:
    connections._tls_context.cache_clear()
    yield
    connections._tls_context.cache_clear()


def certificate(path: Path, address: str, days: int = 1) -> Path:
    """A certificate and its key in one file, its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@contextmanager
def provider_with(shown: Path, settings: Settings) -> Iterator[FaultServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(shown)
    with FaultServer(tls) as server:
        settings.ALLOWED_PRIVATE_HOSTS = {server.private_host}
        yield server


async def test_the_operators_own_authority_is_trusted(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = certificate(tmp_path / "own.pem", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))

    with provider_with(own, settings) as server:
        body = await client.fetch(server.base_url + "/models", DIALECTS["openai"], None)
        await client.close()

    assert body.startswith(b"{")


@pytest.mark.parametrize("fault", ["expired", "another host", "self-signed"])
async def test_a_certificate_that_is_not_valid_stops_the_call(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    shown = certificate(
        tmp_path / "shown.pem",
        "10.0.0.1" if fault == "another host" else "127.0.0.1",
        days=-1 if fault == "expired" else 1,
    )
    if fault != "self-signed":
        monkeypatch.setenv("SSL_CERT_FILE", str(shown))

    with provider_with(shown, settings) as server, pytest.raises(NotSent) as caught:
        await client.complete(client.Call(server.base_url, DIALECTS["openai"], b"{}", Secret("sk-canary")))

    assert caught.value.kind.name == "tls_error"
    assert server.requests == []


async def test_an_answer_that_is_held_up_when_its_provider_hangs_up_is_whole(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = certificate(tmp_path / "own.pem", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    pieces = [http_chunk(chunk({"content": "x" * 1000}))] * 1000

    with provider_with(own, settings) as server:
        server.say(CHUNKED, *pieces, http_chunk(ENDING) + b"0\r\n\r\n")
        async with client.stream(client.Call(server.base_url, DIALECTS["openai"], b"{}")) as answer:
            flowing = asyncio.create_task(answer.flow(lambda: None))
            said = []
            while not flowing.done():
                await asyncio.sleep(0.02)
                said.append(answer.read(256 * 1024))
            said += answer.rest()
        await client.close()

    texts = [event.text for batch in said if batch for event in batch.events if isinstance(event, TextDelta)]
    assert len("".join(texts)) == 1000 * len(pieces)
