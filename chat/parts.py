"""What a message carries beside its text: images, files, sounds and videos. Pure: no Django, no I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import urlsplit

from runs.attachments.holes import placeholder
from runs.attachments.sniffing import AUDIO, FILE, IMAGE, VIDEO

WORDS = {IMAGE: "images", FILE: "files", AUDIO: "sounds", VIDEO: "videos"}
SINGULAR = {IMAGE: "an image", FILE: "a file", AUDIO: "a sound", VIDEO: "a video"}
DETAILS = ("auto", "low", "high")
# What chat completions call the encoding of a sound.
AUDIO_FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3"}
LONGEST_URL = 2000


@dataclass(frozen=True)
class Part:
    """A file that was attached, or an address that the provider is to open; nobody here ever does."""

    kind: str
    attachment: int | None = None
    sha256: str = ""
    media_type: str = ""
    name: str = ""
    size: int = 0
    url: str = ""
    # How closely an image is to be looked at, where a person said it.
    detail: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**{name: value for name, value in stored.items() if name in cls.__dataclass_fields__})

    @classmethod
    def link(cls, kind: str, url: str) -> "Part | None":
        """The part that points to this address; None where it is none of the web."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        is_of_the_web = parts.scheme in ("http", "https") and parts.hostname
        if kind not in WORDS or not is_of_the_web or len(url) > LONGEST_URL or not url.isprintable():
            return None
        return cls(kind, url=url)

    @property
    def stored(self) -> dict[str, Any]:
        """As a message keeps it: only what there is."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def key(self) -> str:
        """What a form sends back to mean it."""
        return f"{self.kind}:{self.attachment or self.url}"

    @property
    def label(self) -> str:
        return self.name or self.url

    @property
    def is_shown(self) -> bool:
        """Whether a page may show it in place: an image that lies here."""
        return self.kind == IMAGE and self.attachment is not None

    @property
    def singular(self) -> str:
        return SINGULAR[self.kind]

    @property
    def details(self) -> tuple[str, ...]:
        """What may be chosen as its detail."""
        return DETAILS

    def with_detail(self, detail: str) -> Self:
        return replace(self, detail=detail if self.kind == IMAGE and detail in DETAILS else "")

    @property
    def wire(self) -> dict[str, Any]:
        """It in the shape of chat completions, with a placeholder where the data of a file belongs."""
        match self.kind:
            case "image":
                detail = {"detail": self.detail} if self.detail else {}
                return {"type": "image_url", "image_url": {"url": self._data_url, **detail}}
            case "file":
                name = {"filename": self.name} if self.name else {}
                return {"type": "file", "file": {**name, "file_data": self._data_url}}
            case "audio":
                encoding = {"format": self._format} if self._format else {}
                data = self.url or placeholder(self.sha256)
                return {"type": "input_audio", "input_audio": {"data": data, **encoding}}
            case _:
                return {"type": "video_url", "video_url": {"url": self._data_url}}

    @property
    def _data_url(self) -> str:
        return self.url or f"data:{self.media_type};base64,{placeholder(self.sha256)}"

    @property
    def _format(self) -> str:
        """Of a link, what its ending says."""
        ending = PurePosixPath(urlsplit(self.url).path).suffix.removeprefix(".").lower()
        return AUDIO_FORMATS.get(self.media_type) or (ending if ending in AUDIO_FORMATS.values() else "")


def in_words(kinds: Iterable[str]) -> str:
    """Kinds of parts as a list in a sentence."""
    named = set(kinds)
    words = [words for kind, words in WORDS.items() if kind in named]
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
