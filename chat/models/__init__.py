"""Conversations: trees of messages, whose replies are written by runs."""

from chat.models.conversation import Conversation
from chat.models.message import Message
from chat.models.place import Place
from chat.models.preset import Preset
from chat.models.tool_fixture import ToolFixture

__all__ = ["Conversation", "Message", "Place", "Preset", "ToolFixture"]
