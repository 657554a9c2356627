"""The composer: a person's next message, the model and the settings it is asked with, or a sentence why not."""

from dataclasses import dataclass, field
from uuid import uuid4

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from chat.models import Conversation
from chat.settings import Settings
from chat.typed import TypedPanel, as_typed
from chat.ways_out import WayOut, from_gone, from_unknown, model_in
from providers.models import LanguageModel
from providers.parameters import Moved, Shown, shown
from runs.models import Run


@dataclass(frozen=True)
class Problem:
    """Why a message was not sent, and the next step."""

    title: str
    sentence: str
    link_url: str = ""
    link_text: str = ""
    ways_out: list[WayOut] = field(default_factory=list)


@dataclass
class Composer:
    """What stands in the composer and its panel, and what it comes to when it is sent.

    Nothing typed is ever dropped: after a problem the same composer is shown again with everything in it.
    """

    user: User
    text: str = ""
    model_written: str = ""
    language_model: LanguageModel | None = None
    system_prompt: str = ""
    written: dict[str, str] = field(default_factory=dict)
    client_token: str = field(default_factory=lambda: uuid4().hex)
    problem: Problem | None = None
    settings: Settings | None = None
    # The panel was that of another model, and what became of it with this one.
    was_of_another: bool = False
    moved: Moved | None = None
    # The model is not the one in the field, but one that was proposed instead.
    took_way_out: bool = False

    @classmethod
    def of(cls, user: User, conversation: Conversation | None) -> "Composer":
        """An empty composer with the settings that the conversation was left with."""
        if conversation is None:
            return cls(user)
        model = conversation.language_model
        return cls(
            user,
            text=conversation.draft,
            model_written=model.model_id if model else "",
            language_model=model,
            system_prompt=conversation.system_prompt,
            written=conversation.parameters,
        )

    @classmethod
    def sent(cls, user: User, data: QueryDict, *, may_enter: bool = True) -> "Composer":
        """A composer as its form arrived, with its problem, if it has one, found."""
        composer = cls(
            user,
            text=as_typed(data, "text"),
            model_written=data.get("model", "").strip(),
            system_prompt=as_typed(data, "system_prompt"),
            client_token=data.get("client_token", "")[:64] or uuid4().hex,
        )
        composer.language_model, composer.took_way_out = model_in(user, data, may_enter=may_enter)
        if composer.language_model and composer.took_way_out:
            composer.model_written = composer.language_model.model_id
        composer._take_over(TypedPanel.in_form(user, data, composer.language_model))
        composer.settings = composer._settings()
        return composer

    def again(self, client_token: str) -> "Composer":
        """This composer, as if its form had been sent with this token."""
        self.client_token = client_token[:64] or self.client_token
        self.settings = self._settings()
        return self

    @property
    def panel(self) -> Shown:
        """The parameters of the model, with what was typed."""
        moved = self.moved or Moved(self.written)
        return shown(self.language_model.panel if self.language_model else None, moved)

    def emptied(self) -> "Composer":
        """The same settings, ready for the next message."""
        return Composer(
            self.user,
            model_written=self.model_written,
            language_model=self.language_model,
            system_prompt=self.system_prompt,
            written=self.written,
            took_way_out=self.took_way_out,
        )

    def can_send(self) -> bool:
        """Whether there is a message and nothing stands in its way."""
        if not self.problem:
            self.problem = self._problem_with_text() or self._problem_with_load()
        return self.problem is None and self.settings is not None

    def can_ask(self) -> bool:
        """Whether a run may be made with these settings, whatever the text."""
        if not self.problem:
            self.problem = self._problem_with_load()
        return self.problem is None and self.settings is not None

    def _take_over(self, typed: TypedPanel) -> None:
        """What was typed into the panel, as far as the model takes it."""
        moved = typed.moved_to(self.language_model)
        self.written, self.moved = moved.written, moved
        self.was_of_another = typed.of != self.language_model or self.took_way_out

    def _settings(self) -> Settings | None:
        self.problem = self._problem_with_model() or self._problem_with_panel()
        if self.problem or self.language_model is None:
            return None
        reading = self.language_model.panel.read(self.written, streaming=True)
        if reading.errors:
            self.problem = Problem("A parameter cannot be sent.", " ".join(reading.errors.values()))
            return None
        return Settings(self.language_model, self.system_prompt, self.written, reading.to_send)

    def _problem_with_model(self) -> Problem | None:
        model = self.language_model
        if model is None and not self.model_written:
            return Problem("No model is chosen.", "Choose a model, then send your message again.")
        if model is None:
            return Problem(
                "There is no such model.",
                f"No provider here has a model called “{self.model_written[:100]}”. Choose one from the list, or say "
                "which provider knows it.",
                reverse("providers:models"),
                "See all models",
                from_unknown(self.user, self.model_written),
            )
        if not model.is_runnable:
            why = "is no longer offered" if model.is_deprecated else f"is a model for {model.type}, not for text"
            return Problem(
                "This model cannot be run here.",
                f"{model.model_id} {why}. Choose another one.",
                ways_out=from_gone(self.user, model),
            )
        if model.provider.needs_key and model.provider.key_of(self.user) is None:
            return Problem(
                "There is no API key for this provider yet.",
                f"Add your key for {model.provider.name}, then send your message again; it stays here.",
                reverse("providers:keys"),
                "Add a key",
            )
        return None

    def _problem_with_panel(self) -> Problem | None:
        """Settings that were made for another model are not dropped behind the person's back."""
        if not self.moved or not self.moved.changes:
            return None
        changes = " ".join(self.moved.changes)
        return Problem("The parameters were those of another model.", f"{changes} Look at them, then send again.")

    def _problem_with_text(self) -> Problem | None:
        if not self.text.strip():
            return Problem("The message is empty.", "Write something first.")
        if (length := len(self.text)) > settings.MESSAGE_CHARACTERS:
            return Problem(
                "The message is too long.",
                f"It has {length:,} characters; at most {settings.MESSAGE_CHARACTERS:,} can be sent. Shorten it.",
            )
        return None

    def _problem_with_load(self) -> Problem | None:
        return problem_with_load(self.user)


def problem_with_load(user: User) -> Problem | None:
    """Why this person may not begin another run now."""
    running = Run.objects.under_way().filter(user=user).count()
    if running < settings.RUNS_PER_PERSON:
        return None
    return Problem("Too much is running at once.", f"Wait until one of your {running} runs has ended, or stop one.")
