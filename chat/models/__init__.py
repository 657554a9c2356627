"""Conversations: trees of messages, whose replies are written by runs."""

from chat.models.conversation import Conversation
from chat.models.message import Message

__all__ = ["Conversation", "Message"]
