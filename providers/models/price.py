import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models

from providers.rates import Rates, dollars


class PriceQuerySet(models.QuerySet["Price"]):
    def begun(self, day: dt.date) -> Self:
        """Those that hold on this day or held before it, the one that holds first."""
        return self.filter(valid_from__lte=day).order_by("-valid_from")


class Price(models.Model):
    """What a model costs from a day on, entered by a person: US dollars for a million tokens.

    It holds until the next one begins. Runs keep what was computed with it, so changing a price rewrites no cost.
    """

    language_model = models.ForeignKey("providers.LanguageModel", on_delete=models.CASCADE, related_name="prices")
    valid_from = models.DateField()
    input = models.DecimalField(max_digits=12, decimal_places=6)
    output = models.DecimalField(max_digits=12, decimal_places=6)
    # None: as much as other input, and as other output.
    cached_input = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    reasoning = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    # One figure to compare models by; see `Rates.mixed`.
    mixed = models.DecimalField(max_digits=12, decimal_places=6)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    entered_at = models.DateTimeField(auto_now=True)

    objects = PriceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["language_model", "valid_from"], name="one_price_a_day")]

    def __str__(self) -> str:
        return f"{self.rates}, from {self.valid_from}"

    @property
    def rates(self) -> Rates:
        return Rates(self.input, self.output, self.cached_input, self.reasoning)

    @property
    def mixed_text(self) -> str:
        return dollars(self.mixed)
