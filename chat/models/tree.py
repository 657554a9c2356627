"""The shape of a conversation: which message follows which, and which branch is in view."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chat.models.ending import with_language_models
from chat.models.message import HEAVY_OF_REPLIES, Message

if TYPE_CHECKING:
    from chat.models.conversation import Conversation


class Tree:
    """Parents and children of all messages of a conversation, by number; the texts stay in the database."""

    def __init__(self, pairs: list[tuple[int, int | None]]) -> None:
        self._parent = dict(pairs)
        self._children: defaultdict[int | None, list[int]] = defaultdict(list)
        for message, parent in pairs:
            self._children[parent].append(message)

    @classmethod
    def of(cls, conversation: "Conversation") -> Self:
        # In the order of the index that holds the pairs: the children of one message stand together, oldest first.
        return cls(list(conversation.messages.order_by("parent_id", "pk").values_list("pk", "parent_id")))

    def path(self, leaf: int | None) -> list[int]:
        """The messages from the root to this one."""
        path = []
        while leaf is not None:
            path.append(leaf)
            leaf = self._parent[leaf]
        return path[::-1]

    def siblings(self, message: int) -> list[int]:
        """This message and its alternatives, oldest first."""
        return self._children[self._parent[message]]

    def newest_leaf(self, message: int) -> int:
        """The end of the branch that goes on from here by the newest message each time."""
        while children := self._children.get(message):
            message = children[-1]
        return message


@dataclass(frozen=True)
class Branch:
    """Some of the messages in view, oldest first, each knowing its place among its siblings."""

    messages: list[Message]
    # The oldest message shown, when there are earlier ones.
    earlier_before: int | None = None

    @classmethod
    def of(cls, conversation: "Conversation", *, before: int | None, most: int) -> Self:
        """The last `most` messages of the branch in view, or the last ones before that message."""
        tree = Tree.of(conversation)
        path = tree.path(conversation.leaf_id)
        if before in path:
            path = path[: path.index(before)]
        shown = path[-most:]
        # By their numbers alone: asked for those of the conversation, SQLite would read all of it.
        rows = Message.objects.select_related("run__supplement").defer(*HEAVY_OF_REPLIES)
        found = rows.in_bulk(shown)
        messages = [found[number] for number in shown]
        called: dict[str, str] = {}
        for message in messages:
            message.conversation = conversation
            called |= {call["id"]: call["name"] for call in message.calls_made}
            # A result that came from elsewhere says only whose it is.
            message.name = message.name or called.get(message.tool_call_id, "")
            message.stand_among(tree.siblings(message.pk))
            message.is_followed = message.pk != conversation.leaf_id
        with_language_models(message.run for message in messages if message.run)
        return cls(messages, shown[0] if len(path) > len(shown) else None)
