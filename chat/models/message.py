from functools import cached_property
from typing import Any, Self
from uuid import uuid4

from django.db import models
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from chat.parts import Part
from chat.transcript import Turn
from chat.written import Written
from runs.markdown import render
from runs.models import Run
from runs.reading import Snapshot, snapshot


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
    run = models.OneToOneField(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="reply")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    # The columns that say what was said, where no run says it.
    SAID = ("role", "written", "name", "parts", "tool_calls", "tool_call_id")

    # Its place among its alternatives; `stand_among` knows.
    sibling_number = 1
    sibling_count = 1
    previous_sibling_id: int | None = None
    next_sibling_id: int | None = None

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
    def turn(self) -> Turn:
        """What was said in it, as it is sent."""
        return Turn(
            role=self.role,
            text=self.text,
            name=self.name,
            parts=[part.wire for part in self.attached],
            tool_calls=self.run.tool_calls if self.run else self.tool_calls,
            tool_call_id=self.tool_call_id,
        )

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
    def is_reply(self) -> bool:
        return self.role == self.Role.ASSISTANT

    @property
    def is_running(self) -> bool:
        return self.run is not None and not self.run.is_final

    @cached_property
    def snapshot(self) -> Snapshot:
        """What a reply that is still being written says so far."""
        return snapshot(self.run_id) if self.run_id else Snapshot()

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
