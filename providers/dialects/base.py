"""The contract of a dialect: request out, events in."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from providers.errors import ProviderError
from providers.events import Event

# A message in the shape of chat completions: {"role": …, "content": …}.
WireMessage = Mapping[str, Any]
# What a request says itself. Parameters of these names would make the record of a run untrue.
RESERVED = frozenset({"model", "messages", "stream"})


class StreamReader(Protocol):
    """Reads one streamed answer. Made anew for each call, fed with the `data` of each server-sent event in order."""

    # A finish reason or the provider's end mark was seen. A stream that closes without either is incomplete.
    saw_end: bool
    # The provider's end mark was seen: what follows does not count, and one need not wait for the connection to close.
    is_over: bool

    def feed(self, data: str) -> list[Event]:
        """The events in one server-sent event's data.

        Raises `ProviderError` when the provider reports an error in mid-stream, or when the data cannot be understood.
        """
        ...

    def close(self) -> list[Event]:
        """What was still held back (half a character, say) when the stream ended."""
        ...


class Dialect(Protocol):
    """A way to speak to a provider. Stateless, one instance for the process."""

    name: str
    # What a person chooses it by.
    label: str

    def completion_url(self, base_url: str) -> str: ...

    def model_list_urls(self, base_url: str) -> list[str]:
        """Where the list of models may be, the likeliest first."""
        ...

    def key_check_url(self, base_url: str) -> str:
        """An address that answers 200 to a good key and 401 to a bad one, and costs nothing."""
        ...

    def headers(self, key: str | None) -> dict[str, str]:
        """Headers of a call. `key` is the revealed secret: the answer must not be logged or kept."""
        ...

    def body(
        self, *, model: str, messages: Sequence[WireMessage], parameters: Mapping[str, Any], stream: bool
    ) -> bytes:
        """The exact bytes of the request.

        `messages` and `parameters` come in the shape of chat completions. Another dialect says the same in its own
        words; what it has no word for is sent as it is, and what is not in them is not sent, unless the provider takes
        no request without it.
        """
        ...

    def stream_reader(self) -> StreamReader: ...

    def read_answer(self, body: bytes) -> list[Event]:
        """The events of a whole, non-streamed answer. Raises `ProviderError` for an error sent with status 200."""
        ...

    def read_model_list(self, body: bytes) -> list[dict[str, Any]]:
        """Items of the model list: `id`, and where known `name`, `developer`, `type`, `context_length`,
        `max_output_tokens`, `features`, `parameters`. Raises `ProviderError`."""
        ...

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """What an answer with an error status means."""
        ...
