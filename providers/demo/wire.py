"""The gateway's wire format: completions as one JSON object, or as server-sent events."""

import json
import math
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, takewhile, zip_longest
from typing import Any

from providers.demo.answers import Answer
from providers.demo.request import Request

# What the demo calls a token: a word with the blanks after it, and a long word in parts.
TOKEN = re.compile(r"\S{1,24}\s*|\s+")
END_MARK = b"data: [DONE]\n\n"
Delta = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """An answer in tokens, cut to what was asked for."""

    reasoning: list[str]
    text: list[str]
    tool_call: dict[str, Any] | None
    finish_reason: str
    beside: Mapping[str, Any] = field(default_factory=dict)
    hidden_tokens: int = 0

    @classmethod
    def of(cls, answer: Answer, request: Request) -> "Choice":
        reasoning, text = TOKEN.findall(answer.reasoning), TOKEN.findall(_stopped(answer.text, request.stops))
        left = max(request.max_tokens - len(reasoning), 0)
        is_cut = len(reasoning) > request.max_tokens or len(text) > left
        call = None
        if answer.tool_call:
            name, arguments = answer.tool_call
            call = {"id": "call_demo", "type": "function", "function": {"name": name, "arguments": arguments}}
        reason = "length" if is_cut else "tool_calls" if call else "stop"
        return cls(reasoning[: request.max_tokens], text[:left], call, reason, answer.beside, answer.hidden_tokens)

    @property
    def tokens(self) -> int:
        return len(self.reasoning) + self.hidden_tokens + len(self.text) + (self.tool_call is not None)

    @property
    def message(self) -> dict[str, Any]:
        content = None if self.tool_call else "".join(self.text)
        message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
        if self.reasoning:
            message["reasoning_content"] = "".join(self.reasoning)
        if self.tool_call:
            message["tool_calls"] = [self.tool_call]
        return {**message, **self.beside}

    @property
    def deltas(self) -> Iterator[Delta]:
        for token in self.reasoning:
            yield {"content": None, "reasoning_content": token}
        for token in self.text:
            yield {"content": token}
        if self.tool_call:
            function = self.tool_call["function"]
            yield {"tool_calls": [{"index": 0, **self.tool_call, "function": {**function, "arguments": ""}}]}
            for piece in re.findall(r".{1,8}", function["arguments"], re.DOTALL):
                yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
        for name, value in self.beside.items():
            yield {name: value}


@dataclass(frozen=True)
class Completion:
    """What the demo answers to one request, in either form."""

    completion_id: str
    request: Request
    choices: list[Choice]

    @property
    def tokens(self) -> int:
        return sum(choice.tokens for choice in self.choices)

    def whole(self) -> bytes:
        choices = [
            {"index": index, "message": choice.message, "finish_reason": choice.finish_reason}
            | {"logprobs": self._logprobs(choice.text)}
            for index, choice in enumerate(self.choices)
        ]
        meta = {"usage": {"credits_used": 0, "usd_spent": 0}}
        return as_json(self._envelope("chat.completion") | {"choices": choices, "usage": self.usage, "meta": meta})

    def chunks(self) -> Iterator[bytes]:
        """The events of the stream: one for each token, the choices taking turns, then the ends and the usage."""
        yield self._chunk({"role": "assistant", "content": ""}, 0)
        yield from self.token_chunks()
        for index, choice in enumerate(self.choices):
            yield self._chunk({}, index, choice.finish_reason)
        yield as_event(self._envelope("chat.completion.chunk") | {"choices": [], "usage": self.usage})
        yield END_MARK

    def token_chunks(self) -> Iterator[bytes]:
        turns: Iterable[tuple[Delta | None, ...]] = zip_longest(*(choice.deltas for choice in self.choices))
        for index, delta in chain.from_iterable(enumerate(turn) for turn in turns):
            if delta is not None:
                yield self._chunk(delta, index)

    @property
    def usage(self) -> dict[str, Any]:
        prompt = self.request.words
        reasoning = sum(len(choice.reasoning) + choice.hidden_tokens for choice in self.choices)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": self.tokens,
            "total_tokens": prompt + self.tokens,
            "completion_tokens_details": {"reasoning_tokens": reasoning} | self._prediction,
        }

    @property
    def _prediction(self) -> dict[str, int]:
        """How much of the predicted answer came: the tokens at its beginning that are the same."""
        prediction = self.request.parameters.get("prediction")
        if not isinstance(prediction, dict):
            return {}
        predicted = TOKEN.findall(str(prediction.get("content", "")))
        pairs = zip(predicted, self.choices[0].text, strict=False)
        accepted = len(list(takewhile(lambda pair: pair[0].strip() == pair[1].strip(), pairs)))
        return {"accepted_prediction_tokens": accepted, "rejected_prediction_tokens": len(predicted) - accepted}

    def _logprobs(self, tokens: list[str]) -> dict[str, Any] | None:
        """How likely each token was, were it not canned: told from its letters, so always the same."""
        if self.request.parameters.get("logprobs") is not True or not tokens:
            return None
        return {"content": [self._weighed(token) for token in tokens], "refusal": None}

    def _weighed(self, token: str) -> dict[str, Any]:
        share = (sum(token.encode()) % 97 + 3) / 100
        others = [_token("demo", (1 - share) / 2), _token("canned", (1 - share) / 4), _token("\n", (1 - share) / 8)]
        likeliest = sorted([_token(token, share), *others], key=lambda one: -float(one["logprob"]))
        most = int(self.request.number("top_logprobs", 0))
        return _token(token, share) | {"top_logprobs": likeliest[:most]}

    def _chunk(self, delta: Delta, index: int, finish_reason: str | None = None) -> bytes:
        logprobs = self._logprobs([delta["content"]]) if delta.get("content") else None
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        return as_event(self._envelope("chat.completion.chunk") | {"choices": [choice], "usage": None})

    def _envelope(self, kind: str) -> dict[str, Any]:
        model = self.request.model
        return {"id": self.completion_id, "object": kind, "created": int(time.time()), "model": model}


def _token(text: str, probability: float) -> dict[str, Any]:
    return {"token": text, "logprob": math.log(max(probability, 1e-4)), "bytes": list(text.encode(errors="replace"))}


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def as_event(value: object) -> bytes:
    return b"data: " + as_json(value) + b"\n\n"


def _stopped(text: str, stops: list[str]) -> str:
    ends = [text.find(stop) for stop in stops if stop in text]
    return text[: min(ends)] if ends else text
