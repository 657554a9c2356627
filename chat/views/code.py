"""What stands in the composer, as code."""

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.requests import PersonRequest
from chat import transcript
from chat.composer import Composer
from chat.models import Conversation
from chat.settings import Settings
from providers.models import LanguageModel
from providers.parameters import ParameterError
from runs.code import CodeRequest
from runs.sent import request_with_hole, with_files
from runs.snippet import Snippet

EXAMPLE = "Hello!"
# What a form of this page adds to what the composer sent.
CHOICES = {"csrfmiddlewaretoken", "client_token", "language", "answer", "file"}


@login_required
@require_POST
def code(request: PersonRequest) -> HttpResponse:
    """Code that sends what Send would send now."""
    composer = Composer.sent(request.user, request.POST)
    settings = composer.settings or _settings_without_key(composer)
    if settings is None:
        return _answer(request, {"problem": composer.problem}, status=422)
    wanted = _request(request, settings, composer)
    snippet = Snippet.chosen(wanted, request.POST)
    if "file" in request.POST:
        return snippet.file
    context = {
        "snippet": snippet,
        "method": "post",
        "action": reverse("chat:code"),
        "posted": [(name, value) for name, values in request.POST.lists() for value in values if name not in CHOICES],
        "note": f"The message is empty, so “{EXAMPLE}” stands in its place." if _is_empty(composer) else "",
    }
    return _answer(request, context)


def _settings_without_key(composer: Composer) -> Settings | None:
    """The settings of somebody who has no key here: the code brings its own."""
    model = composer.language_model
    if model is None or not model.is_runnable:
        return None
    try:
        to_send = model.parameters_to_send(composer.written, streaming=True)
    except ParameterError:
        return None
    return Settings(model, composer.system_prompt, composer.written, to_send, system_role=composer.system_role)


def _is_empty(composer: Composer) -> bool:
    return not composer.text.strip() and not composer.attached.parts


def _request(request: PersonRequest, settings: Settings, composer: Composer) -> CodeRequest:
    """The request that would be made, with a hole where the key goes."""
    model, provider = settings.language_model, settings.language_model.provider
    text = EXAMPLE if _is_empty(composer) else composer.text
    next_turn = transcript.Turn("user", text, parts=[part.wire for part in composer.attached.parts])
    body = provider.dialect.body(
        model=model.model_id,
        messages=settings.messages([*_said(request, model), next_turn]),
        parameters=settings.sent_beside,
        stream=True,
    )
    has_key = provider.needs_key or provider.key_of(request.user) is not None
    url = provider.dialect.completion_url(provider.base_url)
    return request_with_hole(provider, url, json.loads(with_files(body)), has_key=has_key)


def _said(request: PersonRequest, model: LanguageModel) -> list[transcript.Turn]:
    """What was said before, where the composer is one of a conversation."""
    number = request.POST.get("conversation", "")
    if not number.isdecimal() or len(number) > 18:
        return []
    conversation = get_object_or_404(Conversation.objects.of(request.user), pk=number)
    return conversation.turns(conversation.leaf_id, model)


def _answer(request: PersonRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    return render(request, "runs/_code_dialog.html" if request.htmx else "runs/code.html", context, status=status)
