"""What a run of a conversation is made with."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chat import transcript
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
    # Who says the system prompt, where the model knows more than one who may.
    system_role: str = "system"

    def messages(self, turns: Iterable[transcript.Turn]) -> list[dict[str, Any]]:
        """What is sent of these turns to this model."""
        model = self.language_model
        return transcript.build(
            turns,
            system_prompt="" if model.system_parameter else self.system_prompt,
            system_role=self.system_role,
            roles=model.roles,
            input_parts=model.input_parts,
        )

    @property
    def sent_beside(self) -> dict[str, Any]:
        """The parameters on the wire. The system prompt is among them where the model has it beside the messages."""
        name = self.language_model.system_parameter
        if not name or not self.system_prompt.strip():
            return self.to_send
        return {name: self.system_prompt} | self.to_send
