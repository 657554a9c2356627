"""Who: people, their teams, the vault of their API keys, and the ways in."""

from accounts.models.api_key import ApiKey, UnreadableKey
from accounts.models.sign_in_attempt import SignInAttempt
from accounts.models.sign_in_link import SignInLink
from accounts.models.team import Membership, Team
from accounts.models.user import User

__all__ = ["ApiKey", "Membership", "SignInAttempt", "SignInLink", "Team", "UnreadableKey", "User"]
