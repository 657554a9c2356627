from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import takewhile
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from chat import transcript
from chat.models.message import Message
from chat.models.place import Place
from chat.models.tree import Branch, Tree
from chat.parts import Part
from chat.settings import Settings
from chat.tools.results import Result
from chat.written import Written
from database.statements import insert, update
from providers.models import LanguageModel
from runs.models import Run

# Characters of the first message that become the title.
TITLE_CHARACTERS = 80
# The columns of a run that say what was said, to whom and where, and what its provider wants back.
SAID_BY_RUNS = tuple(
    f"run__{column}"
    for column in (
        *("text", "tool_calls", "endpoint", "requested_model"),
        *("supplement__shown", "supplement__for_next_turn"),
    )
)
# What a message, and the reply to it, may change about its conversation.
CHANGED_BY_A_REPLY = (
    *("title", "leaf", "language_model", "system_prompt", "system_role", "parameters", "in_background"),
    *("draft", "draft_parts", "has_parts", "updated_at"),
)
# How long a deleted conversation can be brought back.
UNDO_PERIOD = timedelta(days=7)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def of(self, user: User) -> Self:
        """The person's own, without the deleted ones."""
        return self.filter(user=user, deleted_at=None)

    def deleted_by(self, user: User) -> Self:
        """Those the person can still bring back."""
        return self.filter(user=user, deleted_at__gt=timezone.now() - UNDO_PERIOD)

    def newest_first(self) -> Self:
        return self.order_by("-updated_at", "-pk")

    def older_than(self, place: Place) -> Self:
        """Those that come after this place in a list with the newest first."""
        # A plain bound, which an index can begin at, and then an exception; of an "or" SQLite reads the whole list.
        not_after = self.filter(updated_at__lte=place.updated_at)
        return not_after.exclude(updated_at=place.updated_at, pk__gte=place.number)


class Conversation(models.Model):
    """A tree of messages with one person's settings for the next one. `leaf` is the end of the branch in view."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    language_model = models.ForeignKey(
        LanguageModel, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    system_prompt = models.TextField(blank=True)
    parameters: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    # Whether its next message is answered in the background.
    in_background = models.BooleanField(default=False)
    # A next message that came from elsewhere and was not sent yet. What people type themselves their browser keeps.
    draft = models.TextField(blank=True)
    draft_parts: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list, blank=True)
    # Who says the system prompt: "system" or "developer".
    system_role = models.CharField(max_length=10, default="system")
    # Whether any message carries more than text: only then it is looked for.
    has_parts = models.BooleanField(default=False)
    leaf = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "-updated_at", "-id"],
                # Who clears up leaves a long row of deleted ones; the list is not to walk past them each time.
                condition=models.Q(deleted_at=None),
                name="conversations_of_a_person",
            )
        ]

    def __str__(self) -> str:
        return self.title or "New conversation"

    @property
    def place(self) -> Place:
        return Place(self.updated_at, self.pk)

    # The tree

    def branch(self, *, before: int | None = None, most: int = 40) -> Branch:
        """The last messages of the branch in view, oldest first; `before` a message, to read further back."""
        return Branch.of(self, before=before, most=most)

    def turns(self, leaf_id: int | None, model: LanguageModel | None = None) -> list[transcript.Turn]:
        """What was said in every message from the root to this one; for a model, with what its provider wants back."""
        return [message.turn_for(model) if model else message.turn for message in self._said(leaf_id)]

    def said(self) -> list[Message]:
        """The messages of the branch in view, oldest first, with what they say."""
        return list(self._said(self.leaf_id))

    def _said(self, leaf_id: int | None) -> Iterable[Message]:
        if leaf_id is None:
            return []
        path = Tree.of(self).path(leaf_id)
        messages = self.messages.filter(pk__in=path).order_by("pk").select_related("run__supplement")
        return messages.only(*Message.SAID, *SAID_BY_RUNS, "run__parameters", "run__state")

    def kinds(self, leaf_id: int | None) -> set[str]:
        """What the messages up to this one carry beside text: kinds of parts."""
        if not self.has_parts or leaf_id is None:
            return set()
        path = self.messages.filter(pk__in=Tree.of(self).path(leaf_id))
        return {part["kind"] for parts in path.values_list("parts", flat=True) for part in parts}

    def show_branch_of(self, message: Message) -> None:
        """Bring the branch through this message into view, down to its newest end."""
        self.leaf_id = Tree.of(self).newest_leaf(message.pk)
        self.save(update_fields=["leaf"])

    # Saying something

    @classmethod
    @transaction.atomic(savepoint=False)
    def say(
        cls,
        user: User,
        conversation: "Conversation | None",
        text: str,
        settings: Settings,
        client_token: str,
        parts: Sequence[Part] = (),
    ) -> Message:
        """Send this at the end of the branch in view, in a new conversation where there is none yet."""
        conversation = conversation or insert(cls(user=user))
        return conversation.send(text, settings, client_token, parts, after=conversation.leaf_id)

    @transaction.atomic(savepoint=False)
    def send(
        self, text: str, settings: Settings, client_token: str, parts: Sequence[Part] = (), *, after: int | None
    ) -> Message:
        """The empty reply, which a queued run will write, to the person's message after that one."""
        stored = [part.stored for part in parts]
        message = insert(
            Message(conversation=self, parent_id=after, role=Message.Role.USER, written=text, parts=stored)
        )
        self.draft, self.draft_parts = "", []
        self.has_parts = self.has_parts or bool(parts)
        if not self.title:
            self.title = title_of(text or " ".join(part.label for part in parts))
        return self.reply_to(message, settings, client_token)

    @transaction.atomic(savepoint=False)
    def reply_to(self, message: Message, settings: Settings, client_token: str) -> Message:
        """A new reply to this message, beside those it may have, with the queued run that will write it."""
        turns = [*self.turns(message.parent_id, settings.language_model), message.turn]
        reply = self._reply(message, turns, settings, client_token)
        self.leaf = reply
        self.language_model = settings.language_model
        self.system_prompt, self.system_role = settings.system_prompt, settings.system_role
        self.parameters = settings.written
        self.in_background = settings.in_background
        self.updated_at = timezone.now()
        update(self, *CHANGED_BY_A_REPLY)
        return reply

    @transaction.atomic
    def replies_to(self, message: Message, settings: Sequence[Settings], client_token: str) -> list[Message]:
        """New replies beside those it may have, one for each of these settings; what is in view stays in view."""
        turns: dict[LanguageModel, list[transcript.Turn]] = {}
        for one in settings:
            model = one.language_model
            turns[model] = turns.get(model) or [*self.turns(message.parent_id, model), message.turn]
        replies = [
            self._reply(message, turns[one.language_model], one, f"{client_token}.{number}")
            for number, one in enumerate(settings)
        ]
        self.updated_at = timezone.now()
        self.save(update_fields=["updated_at"])
        return replies

    def _reply(self, message: Message, turns: list[transcript.Turn], settings: Settings, client_token: str) -> Message:
        run = Run.objects.queue(
            user=self.user,
            model=settings.language_model,
            messages=settings.messages(turns),
            to_send=settings.sent_beside,
            as_set=settings.as_set,
            client_token=client_token,
            in_background=settings.in_background,
        )
        return insert(Message(conversation=self, parent=message, role=Message.Role.ASSISTANT, run=run))

    @transaction.atomic
    def answer(self, reply: Message, results: Iterable[Result], settings: Settings, client_token: str) -> Message:
        """What the calls of this reply came to, and the empty reply to that, which a queued run will write."""
        last = reply
        for result in results:
            last = self._result(last, result)
        return self.reply_to(last, settings, client_token)

    @transaction.atomic
    def answer_anew(self, old: Message, result: Result, settings: Settings, client_token: str) -> Message:
        """Another result beside this one, with the results that stood behind it and a reply of its own."""
        last = self.messages.create(**result.as_columns, role=Message.Role.TOOL, parent_id=old.parent_id)
        for later in self._results_behind(old):
            last = self._result(last, later.result)
        return self.reply_to(last, settings, client_token)

    def _result(self, parent: Message, result: Result) -> Message:
        return self.messages.create(**result.as_columns, role=Message.Role.TOOL, parent=parent)

    def _results_behind(self, message: Message) -> list[Message]:
        """The further results of the same reply: in the branch in view, or else in the newest one."""
        tree = Tree.of(self)
        path = tree.path(self.leaf_id)
        if message.pk not in path:
            path = tree.path(tree.newest_leaf(message.pk))
        behind = path[path.index(message.pk) + 1 :]
        found = self.messages.filter(role=Message.Role.TOOL).in_bulk(behind)
        return [found[number] for number in takewhile(found.__contains__, behind)]

    @transaction.atomic
    def repeat(self, reply: Message, client_token: str) -> Message:
        """Another reply beside this one, by a run that sends the same bytes; the settings stay as they are."""
        assert reply.run is not None, "only what a run wrote can be repeated"  # noqa: S101
        run = Run.objects.repeat(reply.run, client_token)
        again = self.messages.create(parent_id=reply.parent_id, role=Message.Role.ASSISTANT, run=run)
        self.leaf = again
        self.updated_at = timezone.now()
        self.save(update_fields=["leaf", "updated_at"])
        return again

    @transaction.atomic
    def go_on_with(self, reply: Message, choice: int) -> Message:
        """Another choice of this reply beside it, as the message that the conversation goes on with.

        The reply stays as it is, and so does what was said after it: a record of what models were really told. Raises
        `KeyError` where there is no such choice.
        """
        other = reply.other_choices[choice]
        taken = self.messages.create(
            parent_id=reply.parent_id,
            role=Message.Role.ASSISTANT,
            written=other["text"],
            tool_calls=other["tool_calls"],
            choice=choice,
        )
        self.leaf = taken
        self.updated_at = timezone.now()
        self.save(update_fields=["leaf", "updated_at"])
        return taken

    @classmethod
    @transaction.atomic
    def open(
        cls,
        user: User,
        *,
        language_model: LanguageModel | None,
        system_prompt: str,
        parameters: dict[str, str],
        turns: Iterable[Written],
        draft: str,
        draft_parts: Sequence[Part] = (),
        system_role: str = "system",
    ) -> "Conversation":
        """A conversation that begins with what was said elsewhere; its next message waits in the composer."""
        conversation = cls.objects.create(
            user=user,
            language_model=language_model,
            system_prompt=system_prompt,
            parameters=parameters,
            draft=draft,
            draft_parts=[part.stored for part in draft_parts],
            system_role=system_role,
        )
        conversation._write(turns)
        conversation.title = conversation.title or title_of(draft)
        conversation.save(update_fields=["leaf", "title", "has_parts"])
        return conversation

    @transaction.atomic
    def rewrite(self, written: Sequence[Written]) -> int | None:
        """Bring a branch into view that says exactly this; the end of the one that was in view, where it is another.

        Messages that both begin with are the same ones, with their runs; everything behind them is new.
        """
        before = self.said()
        pairs = zip(before, written, strict=False)
        shared = [old for old, _ in takewhile(lambda pair: pair[0].as_written.says_the_same_as(pair[1]), pairs)]
        if len(shared) == len(before) == len(written):
            return None
        former = self.leaf_id
        self.leaf = shared[-1] if shared else None
        self._write(written[len(shared) :])
        self.updated_at = timezone.now()
        self.save(update_fields=["leaf", "title", "has_parts", "updated_at"])
        return former

    def copy_with(self, written: Sequence[Written]) -> "Conversation":
        """A conversation of its own that says this, with the settings of this one."""
        return Conversation.open(
            self.user,
            language_model=self.language_model,
            system_prompt=self.system_prompt,
            system_role=self.system_role,
            parameters=self.parameters,
            turns=written,
            draft="",
        )

    def _write(self, turns: Iterable[Written]) -> None:
        """Messages that nobody runs, one after the other behind the end of the branch in view."""
        for turn in turns:
            self.leaf = self.messages.create(
                parent=self.leaf,
                role=turn.role,
                written=turn.text,
                name=turn.name,
                parts=[part.stored for part in turn.parts],
                tool_calls=list(turn.tool_calls),
                tool_call_id=turn.tool_call_id,
                is_error=turn.is_error,
            )
            self.has_parts = self.has_parts or bool(turn.parts)
            self.title = self.title or title_of(turn.text)

    # Deleting, with a way back

    def delete_softly(self) -> None:
        """Out of sight at once; `restore` brings it back for as long as the undo period lasts."""
        Conversation.objects.filter(pk=self.pk).update(deleted_at=Now())

    def restore(self) -> None:
        Conversation.objects.filter(pk=self.pk).update(deleted_at=None)


def title_of(text: str) -> str:
    """The first line of a message, cut at a word to fit a list."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[:TITLE_CHARACTERS].rsplit(" ", 1)[0] + " …"
