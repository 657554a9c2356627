"""Fills the catalogue of a throw-away playground: `filling_models.py COUNT`, with the playground's environment.

Every third model has a price, one in ten is gone, some are pinned and used: as a server has them that is in use.
"""

import random
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
django.setup()

from accounts.models import User  # noqa: E402
from providers.models import Familiar, LanguageModel, Price, Provider  # noqa: E402
from providers.models.finding import today  # noqa: E402

FAMILIES = ("claude", "gpt", "gemini", "qwen", "llama", "mistral", "grok", "command")
TIERS = ("large", "medium", "mini", "flash", "pro")
FEATURES = ("stream", "tools", "json_schema", "image_input", "file_input", "audio_input", "reasoning", "logprobs")
PARAMETERS = {"temperature": {"type": "number", "min": 0, "max": 2}, "max_tokens": {"type": "integer", "min": 1}}


def main() -> None:
    chance = random.Random(1)
    missing = int(sys.argv[1]) - LanguageModel.objects.count()
    provider = Provider.objects.create(name="Many", slug="many", base_url="https://many.invalid/v1", needs_key=False)
    rows = [_row(provider, number, chance) for number in range(max(0, missing))]
    LanguageModel.objects.bulk_create(rows)
    made = list(LanguageModel.objects.filter(provider=provider).order_by("pk"))
    Price.objects.bulk_create([_price(row, chance) for row in made[::3]])
    owner = User.objects.filter(is_operator=True).earliest("pk")
    for row in made[:40]:
        Familiar.objects.used(owner, row)
    for row in made[:10]:
        Familiar.objects.pin(owner, row)
    gone = next(row.pk for row in made if row.is_deprecated)
    sys.stdout.write(f"{LanguageModel.objects.count()} {made[-1].pk} {gone}\n")


def _row(provider: Provider, number: int, chance: random.Random) -> LanguageModel:
    family, tier = FAMILIES[number % len(FAMILIES)], chance.choice(TIERS)
    row = LanguageModel(
        provider=provider, model_id=f"maker-{family}/{family}-{number // 40}.{number % 10}-{tier}-{number}"
    )
    row.learn(
        {
            "name": f"{family} {number} {tier}".title(),
            "developer": f"Maker of {family}",
            "status": "deprecated" if number % 10 == 9 else "available",
            "context_length": chance.choice((8_192, 32_768, 128_000, 200_000, 1_000_000)),
            "max_output_tokens": chance.choice((4_096, 16_384, 64_000)),
            "features": chance.sample(FEATURES, k=chance.randint(1, len(FEATURES))),
            "parameters": PARAMETERS,
        }
    )
    return row


def _price(row: LanguageModel, chance: random.Random) -> Price:
    amount = Decimal(chance.randint(1, 2000)) / 100
    day = today() - timedelta(days=chance.randint(0, 300))
    return Price(language_model=row, valid_from=day, input=amount, output=amount * 4, mixed=amount * 7 / 4)


if __name__ == "__main__":
    main()
