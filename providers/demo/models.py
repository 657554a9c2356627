"""The demo's models as data: items of the gateway's `GET /models`, and what that list does not say.

`parameters`, `roles` and `input_parts` are in the form of the packaged catalogue.
"""

from typing import Any

from providers.demo.request import READING_PACE

DEVELOPER = "Demo"
CONTEXT_LENGTH = 128_000
MAX_TOKENS = 32_000

ROLES = ["system", "developer", "user", "assistant", "tool"]
FEATURES = [
    "openai/chat-completion",
    "openai/chat-completion.stream",
    "openai/chat-completion.message.system",
    "openai/chat-completion.message.developer",
    "openai/chat-completion.message.assistant",
    "openai/chat-completion.number-of-messages",
    "openai/chat-completion.seed",
    "openai/chat-completion.stop",
]
PARAMETERS: dict[str, dict[str, Any]] = {
    "max_tokens": {"type": "integer", "min": 1, "max": MAX_TOKENS},
    "temperature": {"type": "number", "min": 0, "max": 2},
    "top_p": {"type": "number", "min": 0.01, "max": 1},
    "seed": {"type": "integer", "min": 1},
    "stop": {"type": "any_of", "nullable": True, "max_items": 4, "variants": ["string", "string[]", "null"]},
    "n": {"type": "integer", "min": 1, "max": 8},
    "stream": {"type": "boolean"},
    "stream_options": {"type": "object", "properties": {"include_usage": {"type": "boolean", "required": True}}},
    # Of the demo alone.
    "tokens_per_second": {
        "type": "number",
        "min": 0,
        "max": 100_000,
        "default": READING_PACE,
        "description": "How fast it answers; with 0 as fast as it can.",
    },
}
LOGPROBS: dict[str, dict[str, Any]] = {
    "logprobs": {"type": "boolean", "description": "Reports how likely each token was; of the demo, as it made it up."},
    "top_logprobs": {"type": "integer", "min": 0, "max": 20},
}
PREDICTION: dict[str, dict[str, Any]] = {
    "prediction": {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["content"], "required": True},
            "content": {"type": "string", "required": True},
        },
    }
}
TOOLS: dict[str, dict[str, Any]] = {
    "tools": {"type": "array"},
    "tool_choice": {"type": "any_of", "enum": ["none", "auto", "required"]},
}
RESPONSE_FORMAT: dict[str, dict[str, Any]] = {
    "response_format": {"type": "one_of", "enum": ["text", "json_object", "json_schema"]},
}
EFFORT: dict[str, dict[str, Any]] = {"reasoning_effort": {"type": "string", "enum": ["low", "medium", "high"]}}
SECONDS: dict[str, dict[str, Any]] = {
    "seconds": {"type": "number", "min": 0, "max": 3600, "default": 5, "description": "How long it says nothing."}
}


def _model(
    name: str,
    description: str,
    *,
    parameters: dict[str, dict[str, Any]] | None = None,
    features: tuple[str, ...] = (),
    input_parts: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "id": "demo/" + name.lower().replace(" ", "-"),
        "type": "chat-completion",
        "info": {
            "name": f"Demo: {name.lower() if name != 'JSON' else name}",
            "developer": DEVELOPER,
            "description": description,
            "contextLength": CONTEXT_LENGTH,
            "maxTokens": MAX_TOKENS,
        },
        "features": FEATURES + [f"openai/chat-completion.{feature}" for feature in features],
        "endpoints": ["/v1/chat/completions"],
        "parameters": PARAMETERS | (parameters or {}),
        "roles": ROLES,
        "input_parts": ["text", *input_parts],
    }


def _failing(name: str, what: str) -> dict[str, Any]:
    return _model(name, f"Fails: {what}.")


MODELS: list[dict[str, Any]] = [
    _model("Echo", "Says your last message back, word by word.", parameters=LOGPROBS | PREDICTION),
    _model("Markdown", "Headings, a table, code, lists and mathematics."),
    _model("Thinker", "Reasons first, then answers.", parameters=EFFORT, features=("reasoning",)),
    _model("Tools", "Calls the first tool it is given.", parameters=TOOLS, features=("function",)),
    _model(
        "JSON",
        "Answers with JSON that obeys the schema it is given.",
        parameters=RESPONSE_FORMAT,
        features=("response-format",),
    ),
    _model(
        "Vision",
        "Names kind and size of your attachments.",
        input_parts=("image_url", "file", "input_audio", "video_url"),
    ),
    _model("Random", "Says something else each time, unless a seed is set."),
    _model("Slow", "A word a second."),
    _model("Long", "20,000 tokens."),
    _model("Silent", "Says nothing for some seconds, and then everything.", parameters=SECONDS),
    _model("Search", "Answers with sources, which it made up."),
    _model("Speaker", "Answers with a sound."),
    _model("Painter", "Answers with a picture."),
    _model("Sealed", "Thinks where nobody can read it, and wants its thoughts back.", features=("reasoning",)),
    _failing("Key rejected", "the key is not accepted"),
    _failing("Out of credit", "the account has no credit"),
    _failing("Not allowed", "the key may not do this"),
    _failing("Model not found", "the model is not known"),
    _failing("Bad request", "the request is refused"),
    _failing("Too long", "the conversation is too long"),
    _failing("Rate limited", "too many requests"),
    _failing("Overloaded", "the provider is overloaded"),
    _failing("Provider error", "the provider has an error"),
    _failing("Redirect refused", "it points to another address"),
    _failing("Not an API", "a web page answers"),
    _failing("Protocol error", "the stream cannot be understood"),
    _failing("Error midway", "the provider gives up halfway"),
    _failing("Incomplete", "the stream ends too early"),
    _failing("Connection lost", "the connection breaks"),
    _failing("Idle timeout", "it falls silent halfway"),
    _failing("First byte timeout", "it never begins"),
    _failing("Too large", "the answer does not end"),
]

LISTED = ("id", "type", "info", "features", "endpoints")


def model_list() -> list[dict[str, Any]]:
    """What `GET /models` answers."""
    return [{name: model[name] for name in LISTED} for model in MODELS]
