"""What a run of a conversation is made with."""

from dataclasses import dataclass, field
from typing import Any

from providers.models import LanguageModel


@dataclass(frozen=True)
class Settings:
    """The model, the system prompt and the parameters of the next run."""

    language_model: LanguageModel
    system_prompt: str = ""
    # As typed into the panel, by wire name; what was left empty is absent.
    written: dict[str, str] = field(default_factory=dict)
    # On the wire: what was set, and what is always sent.
    to_send: dict[str, Any] = field(default_factory=dict)
    # Of those, what the person set.
    as_set: dict[str, Any] = field(default_factory=dict)
    # By a worker, whole, with nobody who has to keep the page open.
    in_background: bool = False
