"""A run as code."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from runs.sent import code_request
from runs.snippet import Snippet
from runs.views.details import visible_run


@login_required
@require_safe
def code(request: PersonRequest, run_id: int) -> HttpResponse:
    """Code that sends what this run sent; `?language=` and `?answer=` choose another way to write it."""
    snippet = Snippet.chosen(code_request(visible_run(request, run_id)), request.GET)
    if "file" in request.GET:
        return snippet.file
    context = {"snippet": snippet, "method": "get", "action": reverse("runs:code", args=[run_id])}
    return render(request, "runs/_code_dialog.html" if request.htmx else "runs/code.html", context)
