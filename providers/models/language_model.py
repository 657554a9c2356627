import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from providers.models.finding import LanguageModelQuerySet, today
from providers.models.price import Price
from providers.models.provider import Provider
from providers.parameters import ModelFacts, Panel, panel_of
from providers.succession import Known
from providers.traits import column, labels, traits_of

# Ids of models that reason, for those whose parameters are not known. It decides only how much room they get.
REASONING_ID = re.compile(r"(?<!non-)(thinking|reason)|-r1\b|\bo[134]\b|gpt-5", re.IGNORECASE)

# Kinds of what a message may carry -> the words of the catalogue for such a part, in either dialect.
PARTS = {
    "image": {"image_url", "image"},
    "file": {"file", "document"},
    "audio": {"input_audio"},
    "video": {"video_url"},
}


class LanguageModel(models.Model):
    """A row of the catalogue: an id at a provider, with what is known of it.

    Empty `parameters`, `roles`, `input_parts` and `features` mean that nothing is known, not that there are none.
    """

    class Status(models.TextChoices):
        AVAILABLE = "available"
        DEPRECATED = "deprecated"

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="models")
    model_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    developer = models.CharField(max_length=100, blank=True)
    # "chat" is what can be run here; image, video, tts and others are listed and said to be not runnable.
    type = models.CharField(max_length=40, default="chat")
    status = models.CharField(max_length=12, choices=Status, default=Status.AVAILABLE)
    context_length = models.PositiveIntegerField(null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    # Wire name of a parameter -> {"type", "min", "max", "default", "enum", …} as in the packaged catalogue.
    parameters: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    roles: "models.JSONField[list[str]]" = models.JSONField(default=list, blank=True)
    input_parts: "models.JSONField[list[str]]" = models.JSONField(default=list, blank=True)
    features: "models.JSONField[list[str]]" = models.JSONField(default=list, blank=True)
    aliases: "models.JSONField[list[str]]" = models.JSONField(default=list, blank=True)
    # What one filters by: words of `traits.py`, each with a blank before and behind it.
    traits = models.CharField(max_length=200, blank=True)
    # What the picker searches in: id, name, developer and aliases, in lower case.
    search_text = models.TextField(blank=True)
    # Order of the picker: the demo first, then what is documented, then the rest.
    rank = models.PositiveSmallIntegerField(default=50)
    # When this playground first heard of it.
    known_since = models.DateTimeField(default=timezone.now)
    # No list had it when a person typed its id: whether it exists, only its provider knows. A list that lacks it does
    # not take it away.
    is_entered = models.BooleanField(default=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    # What a catalogue or a provider's list may say of a model.
    FACTS = (
        "name",
        "developer",
        "type",
        "status",
        "context_length",
        "max_output_tokens",
        "parameters",
        "roles",
        "input_parts",
        "features",
        "aliases",
        "traits",
        "search_text",
        "rank",
    )

    # What to use instead of it when it is gone, where `successors.py` has looked that up.
    successor: "LanguageModel | None" = None

    objects = LanguageModelQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "model_id"], name="one_row_per_model")]
        indexes = [models.Index(fields=["type", "status", "rank", "model_id"], name="model_picker_order")]

    def __str__(self) -> str:
        return self.model_id

    @property
    def is_runnable(self) -> bool:
        return self.type == "chat" and self.status == self.Status.AVAILABLE

    @property
    def is_deprecated(self) -> bool:
        return self.status == self.Status.DEPRECATED

    def takes(self, kind: str) -> bool | None:
        """Whether a message may carry an image, a file, an audio or a video; None where nobody knows."""
        if self.input_parts:
            return not PARTS[kind].isdisjoint(self.input_parts)
        return True if f"{kind}_input" in self.features else None

    @property
    def system_parameter(self) -> str:
        """The parameter that the system prompt is, where no message may be one."""
        return "system" if self.roles and "system" not in self.roles and "system" in self.parameters else ""

    @property
    def takes_system_messages(self) -> bool:
        return not self.roles or "system" in self.roles

    @property
    def takes_developer_messages(self) -> bool:
        return not self.roles or "developer" in self.roles

    @property
    def takes_text(self) -> bool:
        return not self.input_parts or "text" in self.input_parts

    @property
    def thinks_long(self) -> bool:
        """Whether it may be silent for minutes, as models that reason are."""
        return self.panel.reasons

    @property
    def cannot_stream(self) -> bool:
        """Whether what is known of it leaves streaming out. The name of the feature differs from list to list."""
        return bool(self.features) and not any(name.rpartition(".")[2] == "stream" for name in self.features)

    @property
    def taken(self) -> "LanguageModel | None":
        """What one gets who chooses it: itself while it can be run, then what was found in its place."""
        return self if self.is_runnable else self.successor

    @property
    def abilities(self) -> list[str]:
        """What it is known to be able to do and to take in, in words."""
        return labels(self.traits)

    @cached_property
    def price(self) -> Price | None:
        """What it costs today, as far as somebody entered it."""
        if "begun_prices" in vars(self):
            return next(iter(self.begun_prices), None)  # type: ignore[attr-defined]
        return self.prices.begun(today()).first()

    @property
    def known(self) -> Known:
        """What the search for its successor looks at."""
        traits = frozenset(self.traits.split())
        return Known(self.pk, self.model_id, self.developer, self.provider_id, traits, tuple(self.aliases))

    def facts(self) -> dict[str, Any]:
        return {field: getattr(self, field) for field in self.FACTS}

    def learn(self, facts: Mapping[str, Any]) -> bool:
        """Take over the facts that are known; an empty one leaves what was. True when that changed something."""
        before = self.facts()
        for field, value in facts.items():
            if value:
                setattr(self, field, value)
        self.traits = column(traits_of(self.features, self.input_parts))
        self.search_text = " ".join([self.model_id, self.name, self.developer, *self.aliases]).lower()
        return before != self.facts()

    @property
    def panel(self) -> Panel:
        """The parameters it takes: what can be set, and what is sent for it."""
        return panel_of(
            ModelFacts(
                model_id=self.model_id,
                parameters=self.parameters,
                features=self.features,
                reasons="reasoning" in self.features
                or bool(not self.parameters and REASONING_ID.search(self.model_id)),
                context_length=self.context_length,
                max_output_tokens=self.max_output_tokens,
            )
        )

    @property
    def default_max_tokens(self) -> int:
        """The limit of an answer when the person sets none."""
        return self.panel.default_max_tokens

    def parameters_to_send(self, written: Mapping[str, str], *, streaming: bool) -> dict[str, Any]:
        """What goes into the request for what was written. Raises `ParameterError`."""
        return self.panel.to_send(written, streaming=streaming)
