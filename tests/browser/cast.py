"""Makes people with sign-in links and prints the links, a line each: `python -m tests.browser.cast …`.

A program of its own, because Django's database may not be touched from the thread that drives the browser. Members
share a team with two providers and have a key for them; newcomers have nothing.
"""

import argparse
import sys
from uuid import uuid4

import django

django.setup()

from accounts.models import ApiKey, Membership, SignInLink, Team, User  # noqa: E402
from accounts.secret import Secret  # noqa: E402
from providers.models import LanguageModel, Provider  # noqa: E402
from tests.browser.upstream import KEY, MODELS  # noqa: E402

TEAM = "Wonderland"
UNREACHABLE_MODEL = "nobody/at-home"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--upstream", help="make members, with a provider at this base URL")
    parser.add_argument("--unreachable", help="and one at this, where nobody listens")
    parser.add_argument("--name", default="", help="what they are called")
    options = parser.parse_args()
    team = _team(options.upstream, options.unreachable) if options.upstream else None
    for _ in range(options.count):
        user = User.objects.create_user(f"{uuid4().hex[:8]}@example.org", name=options.name)
        if team:
            _join(team, user)
        sys.stdout.write(f"/welcome/{SignInLink.objects.issue(user)}/\n")


def _team(upstream: str, unreachable: str) -> Team:
    team, is_new = Team.objects.get_or_create(name=TEAM)
    if is_new:
        _provider(team, "Upstream", upstream, MODELS)
        _provider(team, "Unreachable", unreachable, [UNREACHABLE_MODEL])
    return team


def _provider(team: Team, name: str, base_url: str, model_ids: list[str]) -> None:
    provider = Provider.objects.create(name=name, team=team, base_url=base_url)
    for model_id in model_ids:
        LanguageModel.objects.create(provider=provider, model_id=model_id, search_text=model_id)


def _join(team: Team, user: User) -> None:
    Membership.objects.create(team=team, user=user)
    for provider in team.providers.all():
        ApiKey.objects.store(user, provider.origin, Secret(KEY))


if __name__ == "__main__":
    main()
