"""Code from elsewhere, as a conversation that is ready to be sent."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import PersonRequest
from chat.opened import opened
from chat.opening import Opening
from chat.typed import as_typed
from runs.pasted import UnreadableError, read

# Sentences about what could not be taken; more would hide the conversation.
MOST_NOTES = 12
# Characters of one of them: names in a request may be of any length.
LONGEST_NOTE = 300


# A key may be in it; what somebody pasted is in no report of an error.
@sensitive_post_parameters("text")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: PersonRequest) -> HttpResponse:
    """A field for it, and what it became."""
    if request.method != "POST":
        return render(request, "chat/paste.html")
    try:
        pasted = read(as_typed(request.POST, "text"))
    except UnreadableError as error:
        return _refusal(request, str(error))
    key = ["The key in it was ignored: keys are kept under Keys."] if pasted.had_key else []
    return show_opened(request, Opening.of(pasted.body), pasted.url, [*key, *pasted.notes])


def show_opened(request: PersonRequest, opening: Opening, url: str, notes: list[str]) -> HttpResponse:
    """To the conversation that this request became, with what it could not take along in words."""
    conversation, further = opened(request.user, opening, url)
    notes = [*notes, *further]
    messages.success(request, "It is set up. Look it over, then send it.")
    for note in notes[:MOST_NOTES]:
        messages.warning(request, note[:LONGEST_NOTE])
    if len(notes) > MOST_NOTES:
        messages.warning(request, f"{len(notes) - MOST_NOTES} more things were left out.")
    address = reverse("chat:conversation", args=[conversation.pk])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _refusal(request: PersonRequest, problem: str) -> HttpResponse:
    template = "chat/_paste_problem.html" if request.htmx else "chat/paste.html"
    if not request.htmx:
        problem += " Your browser's way back leads to what you pasted."
    return render(request, template, {"problem": problem}, status=422)
