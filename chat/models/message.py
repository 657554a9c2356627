from functools import cached_property
from typing import Any, Self
from uuid import uuid4

from django.db import models
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from chat.endings import Notice
from chat.models.ending import notice_for
from chat.models.tool_fixture import ToolFixture
from chat.parts import Part
from chat.tools.answers import Answering
from chat.tools.calls import told
from chat.tools.declared import declared
from chat.tools.results import Result
from chat.tools.verdicts import Judged, judged
from chat.transcript import Turn, is_of_one_family
from chat.written import Written
from providers.models import LanguageModel
from runs.durations import Usual, usual
from runs.markdown import render
from runs.models import Run, Supplement
from runs.models.run import HEAVY
from runs.reading import Snapshot, snapshot
from runs.verdict import Verdict

# What a page with messages leaves on the disk.
HEAVY_OF_REPLIES = (
    *(f"run__{column}" for column in HEAVY),
    *(f"run__supplement__{column}" for column in Supplement.HEAVY),
)


class MessageQuerySet(models.QuerySet["Message"]):
    def of(self, user: User) -> Self:
        """Those in the person's own conversations, without the deleted ones."""
        # By the conversation of each: a list of all that the person has would first have to be made.
        return self.filter(conversation__user=user, conversation__deleted_at=None)


class Message(models.Model):
    """A node of a conversation's tree. A reply is an assistant message that a run writes: its text is the run's."""

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"
        SYSTEM = "system"
        DEVELOPER = "developer"
        TOOL = "tool"

    conversation = models.ForeignKey(
        "chat.Conversation", on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    role = models.CharField(max_length=10, choices=Role)
    # What a person wrote; empty for a reply.
    written = models.TextField(blank=True)
    name = models.CharField(max_length=64, blank=True)
    # What it carries beside the text: {"kind": "image" | "file" | "audio" | "video"} with an "attachment" or a "url".
    parts: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list, blank=True)
    # Calls in an assistant message that no run wrote, in the shape a run keeps them.
    tool_calls: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list, blank=True)
    # The call that a message of the role "tool" answers.
    tool_call_id = models.CharField(max_length=200, blank=True)
    # That call failed, and the text says how.
    is_error = models.BooleanField(default=False)
    run = models.OneToOneField(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="reply")
    # Where a person took another choice than the first of a reply to go on with: which one it was.
    choice = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    # The columns that say what was said, where no run says it.
    SAID = ("role", "written", "name", "parts", "tool_calls", "tool_call_id", "is_error")

    # Its place among its alternatives; `stand_among` knows.
    sibling_number = 1
    sibling_count = 1
    previous_sibling_id: int | None = None
    next_sibling_id: int | None = None
    # Whether there are messages behind it in the branch in view.
    is_followed = False

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(run=None) | models.Q(role="assistant"),
                name="only_replies_have_runs",
            )
        ]
        # The shape of a conversation, and what stands beside a message, without touching a row: rows hold texts.
        indexes = [models.Index(fields=["conversation", "parent", "id"], name="messages_of_a_conversation")]

    def __str__(self) -> str:
        return f"{self.role} message {self.pk}"

    @property
    def text(self) -> str:
        return self.run.text if self.run else self.written

    @property
    def said(self) -> str:
        """The text, or what is said in a sound that came in its place."""
        supplement = None if self.text else getattr(self.run, "supplement", None)
        return str(supplement.shown.get("transcript", "")) if supplement else self.text

    @property
    def turn(self) -> Turn:
        """What was said in it, as it is sent."""
        return Turn(
            role=self.role,
            text=self.said,
            # Of a result it is the name of the tool, which is not sent: the id says whose result it is.
            name="" if self.role == self.Role.TOOL else self.name,
            parts=[part.wire for part in self.attached],
            tool_calls=self.calls_made,
            tool_call_id=self.tool_call_id,
            is_error=self.is_error,
        )

    def turn_for(self, model: LanguageModel) -> Turn:
        """The same for this model, with what its provider wants back of it, where it was this provider that said it."""
        supplement = getattr(self.run, "supplement", None)
        if self.run is None or supplement is None or not supplement.for_next_turn:
            return self.turn
        # By the address, since SQLite would walk through all that was sent to read which provider it was.
        is_its_own = self.run.endpoint == model.provider.dialect.completion_url(model.provider.base_url)
        is_readable = is_its_own and is_of_one_family(self.run.requested_model, model.model_id)
        return self.turn._replace(extras=supplement.for_next_turn) if is_readable else self.turn

    @cached_property
    def calls_made(self) -> list[dict[str, Any]]:
        """The calls that the model made in it, as they are sent on."""
        if self.run is None:
            return list(told(self.tool_calls, {}, f"call_m{self.pk}"))
        # What its request declared is looked at only where there is a call.
        tools = declared(self.run.parameters) if self.run.tool_calls else {}
        return list(told(self.run.tool_calls, tools, f"call_{self.run_id}"))

    @cached_property
    def calls(self) -> list[Judged]:
        """The same as a page shows them: with a verdict, by what the run's own request declared."""
        tools = declared(self.run.parameters) if self.run else None
        return [judged(call, tools) for call in self.calls_made]

    @property
    def can_be_answered(self) -> bool:
        """Whether there are calls, and they are whole."""
        return bool(self.calls_made) and (self.run is None or self.run.state == Run.State.DONE)

    @property
    def result(self) -> Result:
        """What a message of the role "tool" says of its call."""
        return Result(self.tool_call_id, self.name, self.written, self.is_error)

    @property
    def attached(self) -> list[Part]:
        """What it carries beside the text."""
        return [Part.read(part) for part in self.parts]

    @property
    def as_written(self) -> Written:
        """Everything that it says by itself."""
        return Written.of(self.turn, self.attached)

    @property
    def html(self) -> SafeString:
        """A finished reply as sanitised HTML; people's own messages are shown as they typed them."""
        return mark_safe(render(self.text))  # noqa: S308 - the sanitiser had the last word

    @property
    def other_choices(self) -> dict[int, dict[str, Any]]:
        """The answers of its run after the first, by their number."""
        supplement = getattr(self.run, "supplement", None)
        return {choice["number"]: choice for choice in supplement.choices} if supplement else {}

    @cached_property
    def choices(self) -> list[dict[str, Any]]:
        """Those answers as a page shows them, the place of each counted from 1."""
        return [
            {
                **choice,
                "place": number + 1,
                "html": mark_safe(render(choice["text"])),  # noqa: S308 - the sanitiser had the last word
                "verdict": Verdict.of(choice["text"], self.run.parameters) if self.run else None,
            }
            for number, choice in self.other_choices.items()
        ]

    @cached_property
    def verdict(self) -> Verdict | None:
        """Whether it is the JSON that was asked for, where that was asked for."""
        return Verdict.of(self.run.text, self.run.parameters) if self.run else None

    @property
    def is_reply(self) -> bool:
        return self.role == self.Role.ASSISTANT

    @property
    def is_running(self) -> bool:
        return self.run is not None and not self.run.is_final

    @property
    def is_unseen(self) -> bool:
        """It was made in the background, has ended, and nobody has looked since."""
        run = self.run
        return run is not None and run.in_background and run.is_final and run.seen_at is None

    @cached_property
    def snapshot(self) -> Snapshot:
        """What a reply that is still being written says so far."""
        return snapshot(self.run_id) if self.run_id else Snapshot()

    @cached_property
    def notice(self) -> Notice | None:
        """Why a reply that has ended is short or empty, where it is."""
        return notice_for(self.run) if self.run and self.run.is_final else None

    @cached_property
    def usual(self) -> Usual | None:
        """How long a reply like this one usually takes, while it is made in the background."""
        return usual(self.run.language_model_id) if self.run else None

    @cached_property
    def answering(self) -> Answering:
        """The form for what its calls came to, with what is kept for such calls filled in."""
        return Answering.of(self.calls, ToolFixture.objects.results(self.conversation.user_id, self.calls_made))

    @cached_property
    def fresh_token(self) -> str:
        """A token for the forms of this message, so that a double click asks once."""
        return uuid4().hex

    def stand_among(self, siblings: list[int]) -> None:
        """Learn the numbers of its alternatives, itself among them, oldest first."""
        place = siblings.index(self.pk)
        self.sibling_number, self.sibling_count = place + 1, len(siblings)
        self.previous_sibling_id = siblings[place - 1] if place else None
        self.next_sibling_id = siblings[place + 1] if place + 1 < len(siblings) else None
