"""What goes together in a model's parameters, and what does not, as sentences for its page. Pure: no Django, no I/O."""

from providers.parameters import Panel
from providers.parameters.definitions import RULE_FACTS

# Rules that the product keeps by itself say nothing to a person: what streams are asked for, and what a message holds.
KEPT_ANYWAY = frozenset({"include-usage-needs-stream", "assistant-content-or-tool-calls"})
SENTENCES = {
    "thinking-needs-stream": "enable_thinking needs an answer that is streamed.",
    "thinking-budget-needs-switch": "thinking_budget needs enable_thinking to be on.",
    "anthropic-budget-below-max": "thinking.budget_tokens must be less than max_tokens.",
    "top-logprobs-needs-logprobs": "top_logprobs needs logprobs to be on.",
    "reasoning-effort-xor-max": "reasoning.effort and reasoning.max_tokens exclude each other.",
    "temperature-or-top-p": "temperature and top_p do the same in two ways: change one of them, not both.",
    "stop-at-most-four": "stop takes at most four texts.",
    "reasoning-needs-room": "It thinks before it answers: a low limit may leave nothing for the answer.",
    "max-tokens-two-names": "max_tokens and max_completion_tokens are two names of one limit: set one of them.",
}
# Parameters that the data leaves to the model.
NEEDED = {"thinking-needs-stream": ("enable_thinking",), "thinking-budget-needs-switch": ("thinking_budget",)}


def rules_of(panel: Panel) -> list[str]:
    """The rules that have to do with what this model takes."""
    return [sentence for rule, sentence in SENTENCES.items() if _matters(rule, panel)]


def _matters(rule: str, panel: Panel) -> bool:
    facts = RULE_FACTS[rule]
    if rule == "reasoning-needs-room":
        return bool(panel.limit) and (panel.reasons or panel.model_id in facts.models)
    if facts.models and panel.model_id not in facts.models:
        return False
    return all(name in panel.by_name for name in NEEDED.get(rule, facts.parameters))
