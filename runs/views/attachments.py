"""Files that people attached, for whoever attached them."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from runs.attachments import files
from runs.attachments.sniffing import IMAGE
from runs.models import Attachment

# Whatever the bytes are: nothing in them runs, loads or is taken for something else.
HEADERS = {
    # A browser that shows an image by itself lays it out with a style of its own.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    # Whoever sits down at this browser next may be somebody else.
    "Cache-Control": "no-store",
}


@login_required
@require_safe
def attachment(request: PersonRequest, attachment_id: int) -> HttpResponse:
    """The file, as the type that its bytes say. Only images are shown in place, everything else is saved."""
    found = get_object_or_404(Attachment.objects.of(request.user), pk=attachment_id)
    try:
        content = files.read(found.sha256)
    except files.LostError:
        raise Http404 from None
    disposition = content_disposition_header(found.kind != IMAGE, found.name)
    headers = {**HEADERS, "Content-Disposition": disposition or "attachment"}
    return HttpResponse(content, content_type=found.media_type, headers=headers)
