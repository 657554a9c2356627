"""The AI/ML API gateway: OpenAI's dialect, with its own addresses and cost fields."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from providers.dialects.openai import OpenAI
from providers.dialects.values import MAX_COST, amount_in, within
from providers.events import Cost

CREDITS_PER_USD = 2_000_000
# The fields of `meta.usage` and their unit, the best first. `tokens_used` is the older name of `credits_used`. The
# `usage.cost` of some models is what their upstream charged the gateway, not what the gateway charged.
COST_FIELDS = (("usd_spent", 1), ("credits_used", CREDITS_PER_USD), ("tokens_used", CREDITS_PER_USD))


class AimlApi(OpenAI):
    name = "aimlapi"
    label = "AI/ML API gateway"

    def completion_url(self, base_url: str) -> str:
        return f"{_host(base_url)}/v1/chat/completions"

    def model_list_urls(self, base_url: str) -> list[str]:
        """The full list lies beside `/v1`, and needs no key."""
        return [f"{_host(base_url)}/models", f"{_host(base_url)}/v1/models"]

    def key_check_url(self, base_url: str) -> str:
        return f"{_host(base_url)}/v1/key"

    def balance_url(self, base_url: str) -> str:
        """What is left on the account. The address beside it, `/detail`, also answers who the person is."""
        return f"{_host(base_url)}/v2/billing"

    def keys_url(self, base_url: str, prefix: str = "") -> str:
        """Where a management key lists and makes keys, and where one of them is changed."""
        return f"{_host(base_url)}/v1/keys{prefix and '/'}{prefix}"

    def read_cost(self, answer: Mapping[str, Any]) -> Cost | None:
        """Whole answers say it in `meta.usage`, per call. Streams were never seen to."""
        if "meta" not in answer:
            return None
        for name, units in COST_FIELDS:
            amount = amount_in(within(answer, "meta", "usage", name), MAX_COST * units)
            if amount is not None:
                return Cost(usd=Decimal(str(amount)) / units, source=f"meta.usage.{name}")
        return None


def _host(base_url: str) -> str:
    """The base URL as it was meant: with or without its `/v1`."""
    return base_url.rstrip("/").removesuffix("/v1")
