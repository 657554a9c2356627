"""What is attached to a message that is being written."""

import re

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.requests import PersonRequest
from chat import fitting
from chat.attached import Attached
from providers.catalogue import resolve

# What the page calls a list of attachments, and what stands before the names of its fields.
SECTION = re.compile(r"[a-z0-9-]{1,60}")
MEMORY = re.compile(r"new|[0-9]{1,18}")
PREFIX = re.compile(r"(?:[0-9]{1,4}\.)?")


@login_required
@require_POST
def attachments(request: PersonRequest) -> HttpResponse:
    """The list as it is now: with the files and the link that came, without what was removed."""
    section, prefix, memory = (request.GET.get(name, "") for name in ("section", "prefix", "memory"))
    prefix = prefix if PREFIX.fullmatch(prefix) else ""
    chosen = request.POST.get("language_model", "")
    model = resolve(request.user, request.POST.get("model", "").strip(), int(chosen) if chosen.isdecimal() else None)
    attached = Attached.in_form(request.user, request.POST, request.FILES, prefix)
    context = {
        "attached": attached,
        "prefix": prefix,
        "section": section if SECTION.fullmatch(section) else "attachments",
        "memory": memory if MEMORY.fullmatch(memory) else "",
        "note": fitting.note(model, attached.kinds),
    }
    return render(request, "chat/_attachments.html", context)
