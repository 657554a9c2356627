from functools import partial

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import PersonRequest
from accounts.sessions import is_signed_in
from runs.event_stream import event_stream, read_cursor
from runs.models import Run
from runs.stopping import stop as stop_run


@login_required
@require_POST
async def stop(request: PersonRequest, run_id: int) -> HttpResponse:
    """End this run and keep what has arrived. The page hears of it through its socket."""
    run = await sync_to_async(_watched)(request, run_id)
    await stop_run(run)
    if not request.htmx:
        came_from = request.headers.get("Referer", "")
        is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
        return redirect(came_from if is_ours else "/")
    return HttpResponse(status=204)


@login_required
@require_GET
async def events(request: PersonRequest, run_ids: list[int]) -> HttpResponseBase:
    """The frames of these runs after those the page has, for a page that gets no socket; with `poll`, up to now.

    A stranger's run is answered as one that does not exist: not found, or by a frame where there are others.
    """
    try:
        cursor = read_cursor(run_ids, request.headers.get("Last-Event-ID") or request.GET.get("after", ""))
    except ValueError:
        return HttpResponseBadRequest()
    visible = await sync_to_async(_visible_ids)(request, run_ids)
    if not visible:
        raise Http404
    is_welcome = partial(is_signed_in, request.user.pk, request.session.session_key or "")
    stream = event_stream(cursor, visible=visible, is_welcome=is_welcome, at_once="poll" in request.GET)
    return StreamingHttpResponse(
        stream,
        content_type="text/event-stream",
        # The second is for nginx, which would collect the answer before it passes it on.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _watched(request: PersonRequest, run_id: int) -> Run:
    return get_object_or_404(Run.objects.watched_by(request.user).only("state", "user"), pk=run_id)


def _visible_ids(request: PersonRequest, run_ids: list[int]) -> set[int]:
    return set(Run.objects.visible_to(request.user).filter(pk__in=run_ids).values_list("pk", flat=True))
