"""The same message several times, or to several models, in the background."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from django.conf import settings as site
from django.http import QueryDict

from accounts.models import User
from chat.composer import Composer
from chat.models import Conversation, Message
from chat.settings import Settings
from chat.spread import Agreement, Spread
from chat.typed import TypedPanel, as_typed
from providers.catalogue import resolve
from runs.models import Run

# Times that one model is asked at once, and models.
MOST_TIMES = 20
MOST_MODELS = 12


@dataclass
class Batch:
    """What is to be asked: how often, and of which models; with what stands in the way, in sentences."""

    user: User
    conversation: Conversation
    times: int
    # As typed, one id a line.
    models: str
    client_token: str = field(default_factory=lambda: uuid4().hex)
    problems: list[str] = field(default_factory=list)
    # What of the settings does not fit a model and is left out for it.
    notes: list[str] = field(default_factory=list)

    @classmethod
    def fresh(cls, user: User, conversation: Conversation) -> "Batch":
        model = conversation.language_model
        return cls(user, conversation, times=3, models=model.model_id if model else "")

    @classmethod
    def sent(cls, user: User, conversation: Conversation, data: QueryDict) -> "Batch":
        times = data.get("times", "")
        token = data.get("client_token", "")[:50] or uuid4().hex
        number = int(times) if times.isdecimal() and len(times) < 5 else 0
        return cls(user, conversation, number, as_typed(data, "models"), token)

    def settings(self) -> list[Settings]:
        """Those of each run to be made, the models one after the other; empty where there is a problem."""
        ids = list(dict.fromkeys(line.strip() for line in self.models.splitlines() if line.strip()))
        if not 0 < self.times <= MOST_TIMES:
            self.problems.append(f"Ask 1 to {MOST_TIMES} times.")
        if not 0 < len(ids) <= MOST_MODELS:
            self.problems.append(f"Name 1 to {MOST_MODELS} models, one a line.")
        waiting = Run.objects.waiting().filter(user=self.user).count()
        if waiting + self.times * len(ids) > site.BACKGROUND_WAITING:
            self.problems.append(f"{waiting} of your runs wait already. Ask for less, or wait.")
        found = [] if self.problems else [self._settings_for(model_id) for model_id in ids]
        return [] if self.problems else [one for one in found if one for _ in range(self.times)]

    def _settings_for(self, model_id: str) -> Settings | None:
        model = resolve(self.user, model_id, None)
        if model is None:
            self.problems.append(f"No provider here has a model called “{model_id[:100]}”.")
            return None
        composer = Composer.of(self.user, self.conversation)
        panel = TypedPanel(composer.language_model, composer.written, {}).moved_to(model)
        self.notes += [f"{model_id}: {change}" for change in panel.changes]
        composer.language_model, composer.model_written = model, model_id
        composer.written, composer.in_background = panel.written, True
        composer.again(self.client_token)
        if composer.settings is None and composer.problem:
            self.problems.append(f"{model_id}: {composer.problem.title} {composer.problem.sentence}")
        return composer.settings


@dataclass(frozen=True)
class Compared:
    """The replies of one model to one message, as figures."""

    model_id: str
    replies: Sequence[Message]

    @property
    def ended(self) -> list[Run]:
        return [reply.run for reply in self.replies if reply.run and reply.run.is_final]

    @property
    def answered(self) -> list[Run]:
        return [run for run in self.ended if run.state == Run.State.DONE]

    @property
    def agreement(self) -> Agreement | None:
        return Agreement.of([run.text for run in self.answered if run.text])

    @property
    def characters(self) -> Spread | None:
        return Spread.of(len(run.text) for run in self.answered)

    @property
    def tokens(self) -> Spread | None:
        return Spread.of(run.output_tokens for run in self.answered)

    @property
    def seconds(self) -> Spread | None:
        return Spread.of(None if run.duration_ms is None else run.duration_ms / 1000 for run in self.answered)

    @property
    def cost(self) -> Spread | None:
        return Spread.of(None if run.cost_usd is None else float(run.cost_usd) for run in self.ended)


def compared(replies: Sequence[Message]) -> list[Compared]:
    """The replies by model, in the order in which the models were first asked."""
    by_model: dict[str, list[Message]] = {}
    for reply in replies:
        if reply.run:
            by_model.setdefault(reply.run.requested_model, []).append(reply)
    return [Compared(model_id, of_one) for model_id, of_one in by_model.items()]
