"""Fills the database of a playground as years of use would: people, conversations, and runs with all that they keep.

    PLAYGROUND_DATABASE_URL=… python bench/filling.py 100000

So many messages there are in the end; what is there already counts. It runs in the environment of the playground's
server, beside it, and prints what there is now as JSON.
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
django.setup()

from django.core.management.color import no_style  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import Max, Model  # noqa: E402
from django.utils import timezone  # noqa: E402
from old_talk import MARK, MODEL, Exchange, exchanges  # noqa: E402

from accounts.models import User  # noqa: E402
from chat.models import Conversation, Message  # noqa: E402
from providers.models import LanguageModel  # noqa: E402
from runs.models import Attempt, Run  # noqa: E402

PEOPLE = 20
# Of four conversations one is the owner's, of 40,000 therefore 10,000.
SHARE_OF_OWNER = 4
# Questions of a typical conversation: with its one regenerated reply it has 25 messages.
TYPICAL = 12
# Questions of the long one: 2,000 messages.
LONG = 1000
LONG_TITLE = "The long one"
# Different conversations; the others repeat them under other numbers.
SCRIPTS = 40
# Conversations of one transaction, and rows of one statement.
BATCH = 100
ROWS = 100
# Days over which all this happened.
PERIOD = 700


class Batch(NamedTuple):
    """Rows that are stored together."""

    conversations: list[Conversation]
    runs: list[Run]
    messages: list[Message]
    attempts: list[Attempt]


class Filling:
    """Makes rows under numbers of its own choice, so that they can point at each other before they are stored."""

    def __init__(self) -> None:
        self._chance = random.Random(1)
        self._model = LanguageModel.objects.select_related("provider").get(model_id=MODEL)
        dialect = self._model.provider.dialect
        self._scripts = [list(exchanges(self._chance, dialect, TYPICAL)) for _ in range(SCRIPTS)]
        self._long = exchanges(self._chance, dialect, LONG)
        self._people = _people()
        self._next: dict[type[Model], int] = {
            model: _highest(model) + 1 for model in (Conversation, Message, Run, Attempt)
        }
        self._began = timezone.now() - timedelta(days=PERIOD)

    def fill(self, count: int) -> None:
        """Add conversations until there are so many messages, the long one first."""
        there = Message.objects.count()
        if not Conversation.objects.filter(title=LONG_TITLE).exists():
            there += self._store([(self._people[0], LONG_TITLE, list(self._long))])
        while there < count:
            there += self._store(list(self._typical(min(BATCH, -(-(count - there) // (2 * TYPICAL + 1))))))
        if connection.vendor == "postgresql":
            self._catch_up()

    def _typical(self, count: int) -> Iterator[tuple[User, str, list[Exchange]]]:
        for _ in range(count):
            script = self._chance.choice(self._scripts)
            is_owners = self._chance.randrange(SHARE_OF_OWNER) == 0
            yield self._people[0 if is_owners else self._chance.randrange(1, PEOPLE)], script[0].question[:80], script

    @transaction.atomic
    def _store(self, talks: list[tuple[User, str, list[Exchange]]]) -> int:
        """Store these conversations; how many messages they have."""
        batch = Batch([], [], [], [])
        for user, title, talk in talks:
            self._add(batch, user, title, talk)
        # A conversation and its last message point at each other: keys are checked when the transaction ends.
        Conversation.objects.bulk_create(batch.conversations)
        Run.objects.bulk_create(batch.runs, ROWS)
        Message.objects.bulk_create(batch.messages, ROWS)
        Attempt.objects.bulk_create(batch.attempts, ROWS)
        return len(batch.messages)

    def _add(self, batch: Batch, user: User, title: str, talk: list[Exchange]) -> None:
        moment = self._began + timedelta(seconds=self._chance.randrange(PERIOD * 24 * 3600))
        conversation = Conversation(
            pk=self._number(Conversation), user=user, title=title, language_model=self._model, updated_at=moment
        )
        batch.conversations.append(conversation)
        for place, exchange in enumerate(talk):
            asked = self._message(batch, conversation, "user", exchange.question, conversation.leaf_id)
            # The middle of a conversation is where somebody was not content with the first answer.
            for _ in range(2 if place == len(talk) // 2 and title != LONG_TITLE else 1):
                run = self._run(batch, user, exchange)
                reply = self._message(batch, conversation, "assistant", "", asked.pk)
                reply.run = run
            conversation.leaf_id = reply.pk

    def _message(
        self, batch: Batch, conversation: Conversation, role: str, written: str, parent_id: int | None
    ) -> Message:
        message = Message(
            pk=self._number(Message), conversation=conversation, role=role, written=written, parent_id=parent_id
        )
        batch.messages.append(message)
        return message

    def _run(self, batch: Batch, user: User, exchange: Exchange) -> Run:
        number = self._number(Run)
        now = timezone.now()
        run = Run(
            pk=number,
            user=user,
            client_token=f"filled-{number}",
            provider=self._model.provider,
            language_model=self._model,
            requested_model=MODEL,
            served_model=MODEL,
            endpoint="demo",
            state=Run.State.DONE,
            text=exchange.answer.replace(MARK, f"{number:08}"),
            finish_reason="stop",
            finish_reason_raw="stop",
            prompt_tokens=len(exchange.body) // 4,
            output_tokens=exchange.last_seq * 2,
            cost_usd=Decimal("0.000123"),
            cost_source=Run.CostSource.REPORTED,
            ended_at=now,
            first_byte_ms=180,
            first_token_ms=200,
            duration_ms=200 + 40 * exchange.last_seq,
            body=exchange.body,
            raw=exchange.raw,
            timeline=exchange.timeline,
            last_seq=exchange.last_seq,
        )
        batch.runs.append(run)
        batch.attempts.append(
            Attempt(pk=self._number(Attempt), run=run, number=1, state=Attempt.State.FINISHED, ended_at=now)
        )
        return run

    def _number(self, model: type[Model]) -> int:
        number = self._next[model]
        self._next[model] += 1
        return number

    def _catch_up(self) -> None:
        """Numbers that we chose are unknown to the sequences, and new rows to the statistics, which a server that grew
        into them would have gathered on its way."""
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(self._next)):
                cursor.execute(statement)
            cursor.execute("ANALYZE")


def _people() -> list[User]:
    """Everybody, the owner first."""
    for number in range(1, PEOPLE):
        email = f"person-{number:02}@example.org"
        if not User.objects.filter(email=email).exists():
            User.objects.create_user(email)
    return list(User.objects.order_by("pk")[:PEOPLE])


def _highest(model: type[Model]) -> int:
    return model._default_manager.aggregate(highest=Max("pk"))["highest"] or 0


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            # What stands in the log belongs into the file.
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(cursor.fetchone()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description="Fill a playground's database with conversations.")
    parser.add_argument("messages", type=int, help="how many messages there are in the end")
    began = time.monotonic()
    Filling().fill(parser.parse_args().messages)
    filled = {
        "messages": Message.objects.count(),
        "conversations": Conversation.objects.count(),
        "long_one": Conversation.objects.get(title=LONG_TITLE).pk,
        "seconds": round(time.monotonic() - began),
        "bytes": _database_bytes(),
    }
    print(json.dumps(filled))


if __name__ == "__main__":
    main()
