from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from playground.static_files import HashedFiles, StaticFiles

Answer = tuple[int, dict[str, str], bytes]


async def inner(*_: object) -> None:
    raise AssertionError("This was not for Django.")


def collect_in(sent: list[Any]) -> Callable[[Any], Awaitable[None]]:
    async def send(message: Any) -> None:
        sent.append(message)

    return send


async def ask(root: Path, path: str, method: str = "GET", **headers: str) -> Answer:
    application = StaticFiles(inner, root=root, prefix="/static/")
    written = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": written}
    sent: list[Any] = []
    await application(scope, inner, collect_in(sent))
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


async def test_a_hashed_name_is_kept_for_ever(tmp_path: Path) -> None:
    (tmp_path / "base.0123456789ab.css").write_text("body {}")

    status, headers, body = await ask(tmp_path, "/static/base.0123456789ab.css")

    assert (status, body) == (200, b"body {}")
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith("text/css")
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_plain_name_is_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "base.css").write_text("body {}")

    _, headers, _ = await ask(tmp_path, "/static/base.css")

    assert headers["cache-control"] == "max-age=60, public"


async def test_what_the_browser_has_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / "base.css").write_text("body {}")
    _, headers, _ = await ask(tmp_path, "/static/base.css")

    status, _, body = await ask(tmp_path, "/static/base.css", if_none_match=headers["etag"])

    assert (status, body) == (304, b"")


async def test_the_compressed_copy_is_sent_to_those_who_read_it(tmp_path: Path) -> None:
    (tmp_path / "base.css").write_text("body {}")
    (tmp_path / "base.css.gz").write_bytes(b"gz")

    _, headers, body = await ask(tmp_path, "/static/base.css", accept_encoding="gzip, br")

    assert body == b"gz"
    assert headers["content-encoding"] == "gzip"


async def test_nothing_outside_the_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("no")
    (tmp_path / "static").mkdir()

    for path in ("/static/../secret", "/static/%2e%2e/secret", "/static//secret", "/static/"):
        assert (await ask(tmp_path / "static", path))[0] == 404


async def test_nothing_can_be_posted(tmp_path: Path) -> None:
    (tmp_path / "base.css").write_text("body {}")

    assert (await ask(tmp_path, "/static/base.css", method="POST"))[0] == 405


def test_modules_import_each_other_by_their_hashed_names(tmp_path: Path) -> None:
    storage = HashedFiles(location=str(tmp_path), base_url="/static/")
    storage.save("js/one.js", ContentFile('import { two } from "./two.js";\n'))
    storage.save("js/two.js", ContentFile("export const two = 2;\n"))

    list(storage.post_process({name: (storage, name) for name in ("js/one.js", "js/two.js")}))

    hashed = Path(storage.stored_name("js/two.js")).name
    assert hashed != "two.js"
    assert f'from "./{hashed}"' in (tmp_path / storage.stored_name("js/one.js")).read_text()
