"""Makes somebody with a provider, a key for it and these models; prints the path of their sign-in link.

A program of its own: it runs on the database of the system under test, with that system's settings.

    python -m tests.full.cast http://127.0.0.1:9000/v1 tokens/8 tokens/60@30
"""

import sys
from uuid import uuid4

import django

django.setup()

from accounts.models import ApiKey, Membership, SignInLink, Team, User  # noqa: E402
from accounts.secret import Secret  # noqa: E402
from providers.models import LanguageModel, Provider  # noqa: E402


def main(base_url: str, *model_ids: str) -> None:
    user = User.objects.create_user(f"{uuid4().hex[:8]}@example.org")
    team = Team.objects.create(name="Wonderland")
    Membership.objects.create(team=team, user=user)
    provider = Provider.objects.create(name="Upstream", team=team, base_url=base_url)
    ApiKey.objects.store(user, provider.origin, Secret("sk-of-the-cast"))
    for model_id in model_ids:
        LanguageModel.objects.create(provider=provider, model_id=model_id, search_text=model_id)
    sys.stdout.write(f"/welcome/{SignInLink.objects.issue(user)}/\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
