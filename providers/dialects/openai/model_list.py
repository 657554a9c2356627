"""Lists of models: OpenAI's `{"data": […]}`, the gateway's bare array, and what others add to an item."""

from collections.abc import Mapping
from typing import Any

from providers.untrusted import clean

MAX_TOKENS = 2**31 - 1
# Characters of an id, more than any has; an item with a longer one is passed over, for a cut id names no model.
MAX_ID = 200

# Ours -> the places where it may be, the best first.
TEXTS = {
    "name": ("info.name", "name", "display_name"),
    "developer": ("info.developer", "owned_by"),
    "type": ("type",),
}
SIZES = {
    "context_length": ("info.contextLength", "context_length", "context_window", "max_model_len"),
    "max_output_tokens": ("info.maxTokens", "top_provider.max_completion_tokens", "max_completion_tokens"),
}
# Our word for what can be run here.
TYPES = {"chat-completion": "chat"}


def read_items(listing: Any) -> list[dict[str, Any]] | None:
    """The models in a parsed list, each id once; None when it is no list at all."""
    items = listing.get("data") if isinstance(listing, dict) else listing
    if not isinstance(items, list):
        return None
    found: dict[str, dict[str, Any]] = {}
    for item in clean(items):
        if isinstance(item, dict) and _is_id(item.get("id")):
            found.setdefault(item["id"], _item(item))
    return list(found.values())


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of one model; what is not known is absent."""
    known: dict[str, Any] = {"id": item["id"]}
    for ours, places in TEXTS.items():
        text = next((value for value in _values(item, places) if value and isinstance(value, str)), None)
        if text:
            known[ours] = TYPES.get(text, text) if ours == "type" else text
    for ours, places in SIZES.items():
        size = next((value for value in _values(item, places) if type(value) is int and 0 < value <= MAX_TOKENS), None)
        if size:
            known[ours] = size
    features = item.get("features")
    if isinstance(features, list):
        known["features"] = [feature for feature in features if isinstance(feature, str)]
    # Mistral lists a model under each of its ids, and says so.
    aliases = item.get("aliases")
    if isinstance(aliases, list) and (named := [alias for alias in aliases if _is_id(alias)]):
        known["aliases"] = named
    return known


def _values(item: Mapping[str, Any], places: tuple[str, ...]) -> list[Any]:
    values = []
    for place in places:
        outer, _, inner = place.rpartition(".")
        holder = item.get(outer) if outer else item
        values.append(holder.get(inner) if isinstance(holder, dict) else None)
    return values


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID
