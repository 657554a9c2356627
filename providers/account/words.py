"""Why an account could not be read or changed, in a sentence with the next step. Pure: no Django, no I/O."""

from providers.errors import Charge, ProviderError

# The words of a run would mislead here: nothing here is about a model.
INSTEAD = {
    "key_rejected": "The provider did not accept this key. Replace it, then try again.",
    "not_allowed": "The provider does not allow this with this key. Check its scopes there.",
    "model_not_found": "The provider has nothing there: it may be gone, or the base URL may be wrong.",
    "bad_request": "The provider refused it. Change what it names, then try again.",
    "protocol_error": "The provider's answer could not be understood. Try again later.",
    "no_key": "There is no key to ask with. Enter one first.",
}


def why(error: ProviderError, *, change: str = "") -> str:
    """The sentence for this error. `change` is what was to be done, in the passive: of that it may be unknown."""
    kind = error.kind
    said = f" It said: {error.detail}" if error.detail and kind.name in ("bad_request", "not_allowed") else ""
    sentence = INSTEAD.get(kind.name) or f"{kind.title} {kind.next_step}"
    if change and kind.charge == Charge.MAYBE:
        return f"It is not known whether the key was {change}: {kind.title} Look at the list before you try again."
    return sentence + said
