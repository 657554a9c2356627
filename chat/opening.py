"""What a request that was written elsewhere puts into the playground. Pure: no Django, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat.spoken import text_of, turns_of
from chat.transcript import Turn

# What of a request is no parameter, or is the playground's own business.
NOT_PARAMETERS = frozenset(
    {"model", "messages", "input", "prompt", "system", "instructions", "stream", "stream_options"}
)
INSTRUCTING = ("system", "developer")
ANSWERED = "Its last message is an answer. Write the next one."
UNANSWERED = "Its last message stands in the conversation. Ask for a reply, or write the next one."
# Messages that are taken as what was said before; each becomes a row.
MOST_TURNS = 500


@dataclass(frozen=True)
class Opening:
    """A model, a system prompt, what was said before, the next message, the parameters, and what could not be taken."""

    model_id: str
    system_prompt: str
    turns: tuple[Turn, ...]
    # What stands in the composer: text, and parts in the shape of chat completions.
    text: str
    parameters: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    parts: Sequence[Mapping[str, Any]] = ()
    # Who says the system prompt.
    system_role: str = "system"

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Opening":
        """The opening that comes nearest to this request, in whichever dialect it is written."""
        notes: list[str] = []
        beside = [text_of(body.get(name), "the system prompt", notes) for name in ("system", "instructions")]
        system_prompt, system_role = "\n\n".join(part for part in beside if part), "system"
        turns = list(turns_of(_messages(body), notes))
        if turns and not system_prompt and _is_system_prompt(turns[0]):
            system_role, system_prompt = turns.pop(0)[:2]
        # Of whoever has a name there is no field in the composer: their message is one that was sent.
        ends_with_a_question = turns and turns[-1].role == "user" and not turns[-1].name
        last = turns.pop() if ends_with_a_question else Turn("user", "")
        if len(turns) > MOST_TURNS:
            notes.append(f"Of {len(turns):,} earlier messages the last {MOST_TURNS} were taken.")
        if turns and not ends_with_a_question:
            notes.append(ANSWERED if turns[-1].role == "assistant" else UNANSWERED)
        model = body.get("model")
        return cls(
            model_id=model.strip() if isinstance(model, str) else "",
            system_prompt=system_prompt,
            system_role=system_role,
            turns=tuple(turns[-MOST_TURNS:]),
            text=last.text,
            parts=last.parts,
            parameters={
                name: value for name, value in body.items() if name not in NOT_PARAMETERS and value is not None
            },
            notes=tuple(notes),
        )


def _is_system_prompt(turn: Turn) -> bool:
    return turn.role in INSTRUCTING and not turn.name and not turn.parts


def _messages(body: Mapping[str, Any]) -> list[Any]:
    """The messages, wherever a dialect has them; a text alone is a message of the person."""
    for name in ("messages", "input", "prompt"):
        match body.get(name):
            case str(text):
                return [{"role": "user", "content": text}]
            case list(messages):
                return messages
    return []
