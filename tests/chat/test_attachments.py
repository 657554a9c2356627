"""Attaching files and links: what is kept, what is said before sending, and what is sent."""

import base64
import json
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message
from providers.models import LanguageModel, Provider
from runs.models import Attachment, Run
from runs.pasted import read
from tests.attached import MP3, MP4, PDF, PNG, SVG, WAV, data_url, upload

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
LINK = "https://example.com/cat.png"


def form(**fields: Any) -> dict[str, Any]:
    return {"text": "What is this?", "model": "fake/one", "client_token": "token-1", **fields}


def kept(user: User, name: str = "cat.png", content: bytes = PNG) -> Attachment:
    return Attachment.objects.keep(user, name, [content], len(content))


def sent_content(number: int = 0) -> Any:
    return json.loads(Run.objects.order_by("pk")[number].request_body)["messages"][-1]["content"]


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


# The list of what is attached


def test_a_file_is_attached_and_named(as_alice: Client, alice: User) -> None:
    page = as_alice.post("/attachments/", {"files": upload("cat.png", PNG, "text/html")}).content.decode()

    attachment = Attachment.objects.get(user=alice)
    assert f'name="part" value="image:{attachment.pk}"' in page
    assert f'<img src="/attachments/{attachment.pk}/"' in page
    assert "image/png, " in page
    assert 'aria-label="Remove cat.png"' in page


def test_several_files_and_a_link_join_what_was_there(as_alice: Client, alice: User) -> None:
    first = kept(alice)
    fields = {
        "part": f"image:{first.pk}",
        "files": [upload("a.pdf", PDF), upload("a.mp3", MP3)],
        "link": LINK,
        "link_kind": "image",
    }

    page = as_alice.post("/attachments/", fields).content.decode()

    pdf, mp3 = Attachment.objects.order_by("pk")[1:]
    parts = [f"image:{first.pk}", f"file:{pdf.pk}", f"audio:{mp3.pk}", f"image:{LINK}"]
    places = [page.index(f'value="{part}"') for part in parts]
    assert places == sorted(places)


def test_a_link_is_named_and_not_opened_by_the_page(as_alice: Client) -> None:
    page = as_alice.post("/attachments/", {"link": LINK, "link_kind": "image"}).content.decode()

    assert LINK in page
    assert "opened by the provider" in page
    assert "<img" not in page
    assert f'href="{LINK}' not in page


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "file:///etc/passwd", "data:image/png;base64,AA", "example.com/a.png", "https://", "//x"],
)
def test_what_is_no_address_of_the_web_is_no_link(as_alice: Client, link: str) -> None:
    page = as_alice.post("/attachments/", {"link": link, "link_kind": "image"}).content.decode()

    assert "is no address of the web" in page
    assert f'value="{link}"' in page
    assert 'name="part"' not in page


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.png", b"", "empty.png is empty."),
        ("a.png", SVG, "a.png is an SVG drawing"),
        ("a.exe", b"MZ\x90\x00", "is of a kind that models do not take"),
    ],
)
def test_what_cannot_be_attached_is_said_beside_what_was(
    as_alice: Client, alice: User, name: str, content: bytes, words: str
) -> None:
    first = kept(alice)

    fields = {"part": f"image:{first.pk}", "files": upload(name, content)}
    page = as_alice.post("/attachments/", fields).content.decode()

    assert words in page
    assert f'value="image:{first.pk}"' in page
    assert page.count('name="part"') == 1


def test_one_can_be_removed(as_alice: Client, alice: User) -> None:
    first, second = kept(alice), kept(alice, "a.pdf", PDF)

    fields = {"part": [f"image:{first.pk}", f"file:{second.pk}"], "detach": "0"}
    page = as_alice.post("/attachments/", fields).content.decode()

    assert f'value="file:{second.pk}"' in page
    assert page.count('name="part"') == 1
    assert Attachment.objects.filter(pk=first.pk).exists()


@pytest.mark.parametrize(
    "part", ["image:{other}", "image:999999", "image:" + "9" * 40, "hologram:1", "", "image:", "x"]
)
def test_what_is_not_ones_own_cannot_be_attached(as_alice: Client, charlie: User, part: str) -> None:
    other = kept(charlie)

    page = as_alice.post("/attachments/", {"part": part.format(other=other.pk)}).content.decode()

    assert 'name="part"' not in page


def test_only_so_many_are_taken(as_alice: Client, settings: Settings) -> None:
    settings.ATTACHMENTS_PER_MESSAGE = 2
    files = [upload(f"{number}.png", PNG) for number in range(3)]

    page = as_alice.post("/attachments/", {"files": files}).content.decode()

    assert page.count('name="part"') == 2
    assert "2.png was left out: a message carries at most 2 files." in page


def test_a_name_is_shown_as_text(as_alice: Client) -> None:
    page = as_alice.post("/attachments/", {"files": upload('"><script>x</script>.png', PNG)}).content.decode()

    assert "<script>" not in page


def test_what_stands_in_the_address_cannot_leave_its_place(as_alice: Client) -> None:
    page = as_alice.post('/attachments/?section="><script>&prefix="><script>&memory="><script>').content.decode()

    assert "<script>" not in page
    assert 'id="attachments"' in page


def test_nobody_in_particular_attaches_nothing(as_nobody: Client) -> None:
    assert as_nobody.post("/attachments/", {"files": upload("cat.png", PNG)}).status_code == 302
    assert not Attachment.objects.exists()


def test_what_is_known_of_the_model_is_said_at_once(as_alice: Client, alice: User, model: LanguageModel) -> None:
    fields = {"part": f"image:{kept(alice).pk}", "model": "fake/one"}

    assert "Nobody here knows whether fake/one takes images" in as_alice.post("/attachments/", fields).content.decode()
    LanguageModel.objects.update(input_parts=["text", "file"])
    assert "fake/one takes no images." in as_alice.post("/attachments/", fields).content.decode()
    LanguageModel.objects.update(input_parts=["text", "image_url"])
    assert "fake/one" not in as_alice.post("/attachments/", fields).content.decode()


# Sending


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("cat.png", PNG, {"type": "image_url", "image_url": {"url": data_url("image/png", PNG)}}),
        (
            "a.pdf",
            PDF,
            {"type": "file", "file": {"filename": "a.pdf", "file_data": data_url("application/pdf", PDF)}},
        ),
        ("a.wav", WAV, {"type": "input_audio", "input_audio": {"data": base64_of(WAV), "format": "wav"}}),
        ("a.mp3", MP3, {"type": "input_audio", "input_audio": {"data": base64_of(MP3), "format": "mp3"}}),
        ("a.mp4", MP4, {"type": "video_url", "video_url": {"url": data_url("video/mp4", MP4)}}),
    ],
)
def test_a_file_is_sent_behind_the_text(
    as_alice: Client, model: LanguageModel, started: list[int], name: str, content: bytes, part: dict[str, Any]
) -> None:
    as_alice.post("/conversations/", form(files=upload(name, content)))

    assert sent_content() == [{"type": "text", "text": "What is this?"}, part]


@pytest.mark.parametrize(
    ("kind", "link", "part"),
    [
        ("image", LINK, {"type": "image_url", "image_url": {"url": LINK}}),
        ("video", "https://x.y/a", {"type": "video_url", "video_url": {"url": "https://x.y/a"}}),
        (
            "audio",
            "https://x.y/a.MP3?x=1",
            {"type": "input_audio", "input_audio": {"data": "https://x.y/a.MP3?x=1", "format": "mp3"}},
        ),
        ("audio", "https://x.y/a", {"type": "input_audio", "input_audio": {"data": "https://x.y/a"}}),
    ],
)
def test_a_link_is_sent_as_it_is(
    as_alice: Client, model: LanguageModel, started: list[int], kind: str, link: str, part: dict[str, Any]
) -> None:
    as_alice.post("/conversations/", form(link=link, link_kind=kind))

    assert sent_content()[1:] == [part]


def test_a_message_may_be_an_image_alone(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    attachment = kept(alice)

    as_alice.post("/conversations/", form(text="", part=f"image:{attachment.pk}", **{"detail.0": "low"}))

    url = data_url("image/png", PNG)
    assert sent_content() == [{"type": "image_url", "image_url": {"url": url, "detail": "low"}}]
    conversation = Conversation.objects.get()
    assert conversation.title == "cat.png"
    page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    assert f'<img src="/attachments/{attachment.pk}/"' in page
    assert "detail low" in page


def test_what_was_attached_goes_along_with_the_next_message(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    as_alice.post("/conversations/", form(part=f"image:{kept(alice).pk}"))
    conversation = Conversation.objects.get()
    Run.objects.update(state="done", text="A cat")

    as_alice.post(f"/conversations/{conversation.pk}/messages/", form(text="Sure?", client_token="2"))

    messages = json.loads(Run.objects.latest("pk").request_body)["messages"]
    assert messages[0]["content"][1]["image_url"]["url"] == data_url("image/png", PNG)
    assert messages[2]["content"] == "Sure?"


def test_a_refusal_keeps_what_was_attached(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    fields = form(files=upload("cat.png", PNG), link=LINK, link_kind="image", temperature="hot")

    page = as_alice.post("/conversations/", fields, headers=HTMX).content.decode()

    attachment = Attachment.objects.get()
    assert f'value="image:{attachment.pk}"' in page
    assert f'value="image:{LINK}"' in page
    assert not Run.objects.exists()


def test_what_could_not_be_attached_stops_the_message(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    answer = as_alice.post("/conversations/", form(files=upload("a.svg", SVG)), headers=HTMX)

    assert answer.status_code == 422
    assert "Something could not be attached." in answer.content.decode()
    assert "What is this?" in answer.content.decode()
    assert not started


def test_a_model_that_takes_no_images_says_so_before_sending(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    LanguageModel.objects.update(input_parts=["text"])

    answer = as_alice.post("/conversations/", form(part=f"image:{kept(alice).pk}"), headers=HTMX)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "fake/one takes no images." in page
    assert "Remove them, or choose a model that takes them." in page
    assert 'href="/models/"' in page
    assert not started


def test_a_model_that_takes_no_text_says_so_before_sending(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    LanguageModel.objects.update(input_parts=["input_audio"])
    fields = form(part=f"audio:{kept(alice, 'a.mp3', MP3).pk}")

    page = as_alice.post("/conversations/", fields, headers=HTMX).content.decode()
    assert "fake/one takes no text." in page
    assert "It takes sounds: leave the text out." in page

    as_alice.post("/conversations/", fields | {"text": ""})
    assert len(sent_content()) == 1


def test_an_image_further_up_is_named_when_the_model_takes_none(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    as_alice.post("/conversations/", form(part=f"image:{kept(alice).pk}"))
    Run.objects.update(state="done", text="A cat")
    LanguageModel.objects.update(input_parts=["text"])
    conversation, reply = Conversation.objects.get(), Message.objects.get(role="assistant")

    for address in (f"/conversations/{conversation.pk}/messages/", f"/messages/{reply.pk}/regenerate/"):
        page = as_alice.post(address, form(text="And now?", client_token="2"), headers=HTMX).content.decode()
        assert "fake/one takes no images." in page
        assert "An earlier message has some." in page
    assert len(started) == 1


def test_a_link_to_a_file_goes_only_where_one_is_opened(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    fields = form(link="https://x.y/a.pdf", link_kind="file")

    page = as_alice.post("/conversations/", fields, headers=HTMX).content.decode()
    assert "Fake opens no links to files." in page

    Provider.objects.update(dialect_name="responses")
    as_alice.post("/conversations/", fields)
    [message] = json.loads(Run.objects.get().request_body)["input"]
    assert message["content"][1] == {"type": "input_file", "file_url": "https://x.y/a.pdf"}


IN_RESPONSES = [
    {"type": "input_text", "text": "What is this?"},
    {"type": "input_image", "image_url": data_url("image/png", PNG)},
    {"type": "input_file", "filename": "a.pdf", "file_data": data_url("application/pdf", PDF)},
    {"type": "input_audio", "input_audio": {"data": base64_of(MP3), "format": "mp3"}},
    {"type": "video_url", "video_url": {"url": data_url("video/mp4", MP4)}},
]
IN_ANTHROPIC = [
    {"type": "text", "text": "What is this?"},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": base64_of(PNG)}},
    {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": base64_of(PDF)},
        "title": "a.pdf",
    },
    {"type": "input_audio", "input_audio": {"data": base64_of(MP3), "format": "mp3"}},
    {"type": "video_url", "video_url": {"url": data_url("video/mp4", MP4)}},
]


@pytest.mark.parametrize(
    ("dialect", "input_parts", "name", "content"),
    [
        ("responses", [], "input", IN_RESPONSES),
        ("anthropic", [], "messages", IN_ANTHROPIC),
        # A model behind the gateway that knows images and documents only as blocks.
        ("aimlapi", ["text", "image", "document", "input_audio", "video_url"], "messages", IN_ANTHROPIC),
    ],
)
def test_every_kind_is_said_in_the_words_of_the_dialect(
    as_alice: Client,
    model: LanguageModel,
    started: list[int],
    dialect: str,
    input_parts: list[str],
    name: str,
    content: list[dict[str, Any]],
) -> None:
    Provider.objects.update(dialect_name=dialect)
    LanguageModel.objects.update(input_parts=input_parts)
    files = [upload("cat.png", PNG), upload("a.pdf", PDF), upload("a.mp3", MP3), upload("a.mp4", MP4)]

    as_alice.post("/conversations/", form(files=files))

    [message] = json.loads(Run.objects.get().request_body)[name]
    assert message["content"] == content


def test_without_script_files_are_attached_and_removed_by_buttons(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    page = as_alice.post("/conversations/", form(attach="1", files=upload("cat.png", PNG))).content.decode()
    part = f"image:{Attachment.objects.get().pk}"
    assert f'value="{part}"' in page
    assert "What is this?</textarea>" in page

    page = as_alice.post("/conversations/", form(part=part, detach="0")).content.decode()
    assert 'name="part"' not in page
    assert "What is this?</textarea>" in page
    assert not started


# Editing


def test_an_edit_begins_with_what_was_attached_and_may_change_it(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    first, second = kept(alice), kept(alice, "a.pdf", PDF)
    as_alice.post("/conversations/", form(part=f"image:{first.pk}"))
    message = Message.objects.get(role="user")
    assert f'value="image:{first.pk}"' in as_alice.get(f"/messages/{message.pk}/edit/", headers=HTMX).content.decode()

    as_alice.post(
        f"/messages/{message.pk}/edit/", {"text": "Read it", "part": f"file:{second.pk}", "client_token": "2"}
    )

    assert [part["type"] for part in sent_content(1)] == ["text", "file"]
    assert Message.objects.get(pk=message.pk).parts[0]["attachment"] == first.pk


# Get code


def test_code_of_the_composer_has_the_files(as_alice: Client, alice: User, model: LanguageModel) -> None:
    parts = [f"image:{kept(alice).pk}", f"file:{kept(alice, 'a.pdf', PDF).pk}"]

    page = unescape(as_alice.post("/code/", form(part=parts)).content.decode())

    assert data_url("image/png", PNG) in page
    assert data_url("application/pdf", PDF) in page
    # The form carries all of them on to the next choice.
    assert all(f'name="part" value="{part}"' in page for part in parts)


@pytest.mark.parametrize("language", ["curl", "python-httpx"])
def test_code_with_a_large_file_is_shown_in_part_and_saved_whole(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int], language: str
) -> None:
    large = kept(alice, "large.png", PNG + b"\1" * 300_000)
    fields = form(part=f"image:{large.pk}", language=language)

    page = as_alice.post("/code/", fields).content.decode()
    assert "Save all of it" in page
    assert len(page) < 200_000

    saved = as_alice.post("/code/", fields | {"file": "1"})
    as_alice.post("/conversations/", fields)
    run = Run.objects.get()
    assert saved.headers["Content-Disposition"].startswith("attachment; filename=")
    assert read(saved.content.decode()).body == json.loads(run.request_body)
    of_the_run = as_alice.get(f"/runs/{run.pk}/code/?language={language}&file=1")
    assert read(of_the_run.content.decode()).body == json.loads(run.request_body)
