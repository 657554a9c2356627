"""The parameter panel as a browser would read it from a page."""

from html.parser import HTMLParser


class PanelPage(HTMLParser):
    """What stands in each field of the composer's form, hidden ones too, by its name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = self._textarea = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "option" and self._select and "selected" in found:
            self.fields[self._select] = found["value"]
        elif tag in ("input", "select", "textarea") and found.get("form") == "composer":
            self.fields[found["name"]] = found.get("value", "")
            self._select = found["name"] if tag == "select" else ""
            self._textarea = found["name"] if tag == "textarea" else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea" and self._textarea:
            # The first line break is not part of the text.
            self.fields[self._textarea] = self.fields[self._textarea].removeprefix("\n")
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data
