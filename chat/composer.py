"""The composer: a person's next message, the model and the settings it is asked with, or a sentence why not."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import uuid4

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from chat import fitting
from chat.attached import Attached, Files
from chat.models import Conversation
from chat.panel import read, shown
from chat.parts import Part
from chat.settings import Settings
from chat.structured import with_advice
from chat.typed import TypedPanel, as_typed
from chat.ways_out import WayOut, from_gone, from_unknown, model_in
from providers.models import LanguageModel
from providers.parameters import Moved, Shown
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
    system_role: str = "system"
    attached: Attached = field(default_factory=Attached)
    # Kinds of what earlier messages carry.
    earlier: Collection[str] = ()
    written: dict[str, str] = field(default_factory=dict)
    client_token: str = field(default_factory=lambda: uuid4().hex)
    problem: Problem | None = None
    in_background: bool = False
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
            system_role=conversation.system_role,
            attached=Attached([Part.read(part) for part in conversation.draft_parts]),
            written=conversation.parameters,
            in_background=conversation.in_background,
        )

    @classmethod
    def sent(cls, user: User, data: QueryDict, files: Files | None = None, *, may_enter: bool = True) -> "Composer":
        """A composer as its form arrived, with its problem, if it has one, found."""
        composer = cls(
            user,
            text=as_typed(data, "text"),
            model_written=data.get("model", "").strip(),
            system_prompt=as_typed(data, "system_prompt"),
            system_role="developer" if data.get("system_role") == "developer" else "system",
            attached=Attached.in_form(user, data, files),
            client_token=data.get("client_token", "")[:64] or uuid4().hex,
            in_background="in_background" in data,
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
        panel = shown(self.language_model.panel if self.language_model else None, moved)
        return with_advice(panel, [self.text, self.system_prompt])

    @property
    def note(self) -> str:
        """What is known of the model and what is attached."""
        return fitting.note(self.language_model, self.attached.kinds)

    def emptied(self) -> "Composer":
        """The same settings, ready for the next message."""
        return Composer(
            self.user,
            model_written=self.model_written,
            language_model=self.language_model,
            system_prompt=self.system_prompt,
            system_role=self.system_role,
            written=self.written,
            in_background=self.in_background,
            took_way_out=self.took_way_out,
        )

    def can_send(self) -> bool:
        """Whether there is a message and nothing stands in its way."""
        if not self.problem:
            self.problem = self._problem_with_text() or self._problem_with_parts() or self._problem_with_load()
        return self.problem is None and self.settings is not None

    def can_ask(self) -> bool:
        """Whether a run may be made with these settings, whatever the text."""
        if not self.problem:
            self.problem = self._problem_with_earlier() or self._problem_with_load()
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
        reading = read(self.language_model.panel, self.written, streaming=not self.in_background)
        if reading.errors:
            self.problem = Problem("A parameter cannot be sent.", " ".join(reading.errors.values()))
            return None
        return Settings(
            self.language_model,
            self.system_prompt,
            self.written,
            reading.to_send,
            reading.as_set,
            in_background=self.in_background,
            system_role=self.system_role,
        )

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
        if not self.text.strip() and not self.attached.parts:
            return Problem("The message is empty.", "Write something first.")
        if (length := len(self.text)) > settings.MESSAGE_CHARACTERS:
            return Problem(
                "The message is too long.",
                f"It has {length:,} characters; at most {settings.MESSAGE_CHARACTERS:,} can be sent. Shorten it.",
            )
        return None

    def _problem_with_parts(self) -> Problem | None:
        if self.attached.problems:
            # Sent without them, the message would not be the one that was meant.
            return Problem("Something could not be attached.", " ".join(self.attached.problems) + " Then send again.")
        model = self.language_model
        if model and self.text.strip() and not model.takes_text:
            return Problem(f"{model.model_id} takes no text.", f"It takes {fitting.taken(model)}: leave the text out.")
        if model and (problem := fitting.misfit_of_link(model, self.attached.parts)):
            return Problem(problem, "Remove the link, and attach the file itself.")
        if model and (problem := fitting.misfit(model, self.attached.kinds)):
            return Problem(problem, "Remove them, or choose a model that takes them.", *self._models_that_do())
        return self._problem_with_earlier()

    def _problem_with_earlier(self) -> Problem | None:
        model = self.language_model
        if model and (problem := fitting.misfit(model, self.earlier)):
            return Problem(
                problem,
                "An earlier message has some. Choose a model that takes them, or edit all messages.",
                *self._models_that_do(),
            )
        return None

    def _models_that_do(self) -> tuple[str, str]:
        return reverse("providers:models"), "See all models"

    def _problem_with_load(self) -> Problem | None:
        return problem_with_load(self.user, in_background=self.in_background)


def problem_with_load(user: User, *, in_background: bool) -> Problem | None:
    """Why this person may not begin another run now."""
    if in_background:
        return _problem_with_queue(user)
    running = Run.objects.count_streaming(user)
    if running < settings.RUNS_PER_PERSON:
        return None
    return Problem("Too much is running at once.", f"Wait until one of your {running} runs has ended, or stop one.")


def _problem_with_queue(user: User) -> Problem | None:
    waiting = Run.objects.waiting().filter(user=user).count()
    if waiting < settings.BACKGROUND_WAITING:
        return None
    return Problem(
        "Too much is waiting already.", f"{waiting} runs of yours wait for their turn. Cancel some, or wait."
    )
