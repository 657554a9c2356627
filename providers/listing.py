"""What the items of a provider's model list say, as facts of language models. Pure: no Django, no I/O."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

# Fields of a language model; what is not known is absent.
Facts = dict[str, Any]

# Models of one provider; the largest public list has some hundreds.
MOST_MODELS = 5000
# Characters that the columns hold.
LONGEST = {"name": 200, "developer": 100, "type": 40}
# Tags of one model, and characters of a tag, beyond which they do not describe a model.
MOST_TAGS, LONGEST_TAG = 40, 40
# Other ids of one model, and characters of an id.
MOST_ALIASES, LONGEST_ID = 20, 200
# The gateway's tags name the API they are about; only those of chat completions matter here, without the prefix.
PREFIX = "openai/chat-completion."
TAGS = {
    "function": "tools",
    "message.system": "system_role",
    "message.developer": "developer_role",
    "number-of-messages": "multiple_choices",
}


def facts_by_id(items: Iterable[Mapping[str, Any]]) -> dict[str, Facts]:
    """The facts in the items of `Dialect.read_model_list`, by the model's id."""
    return {item["id"]: _facts(item) for item in islice(items, MOST_MODELS)}


def _facts(item: Mapping[str, Any]) -> Facts:
    texts = {field: item[field][:longest] for field, longest in LONGEST.items() if field in item}
    sizes = {field: item[field] for field in ("context_length", "max_output_tokens") if field in item}
    known = {"parameters": item["parameters"]} if item.get("parameters") else {}
    aliases = {"aliases": named} if (named := _aliases(item)) else {}
    return texts | sizes | known | aliases | {"features": _tags(item.get("features", []))}


def _aliases(item: Mapping[str, Any]) -> list[str]:
    """Other ids that the list itself gives this model."""
    named = [alias for alias in item.get("aliases", []) if 0 < len(alias) <= LONGEST_ID and alias != item["id"]]
    return named[:MOST_ALIASES]


def _tags(features: list[str]) -> list[str]:
    tags = [feature.removeprefix(PREFIX) for feature in features[:MOST_TAGS]]
    plain = [tag for tag in tags if "/" not in tag and len(tag) <= LONGEST_TAG]
    return sorted({TAGS.get(tag, tag.replace("-", "_").replace(".", "_")) for tag in plain})
