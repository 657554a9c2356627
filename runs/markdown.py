"""Markdown of a model to HTML that is safe to show. Pure: no Django, no I/O.

The order is the safety: markdown-it-py renders (no raw HTML), Pygments colours with classes, nh3 sanitises what came
out and has the last word. Nothing a model writes makes the page load anything: an image becomes a link to it.
"""

import re
import time
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from pygments import highlight
from pygments.filter import Filter
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Name, Operator, Punctuation, Text, Whitespace, _TokenType
from pygments.util import ClassNotFound

# Characters; more than any answer a person reads, and the most that is worth a second of rendering.
LARGEST_MARKDOWN = 256 * 1024
# Characters of one code block that are coloured, and seconds of CPU that this may take: a block of 16 KB takes 20 to 90
# ms, and some lexers are slower than linear on what is not their language (a word a line as Java: 32 s).
LARGEST_COLOURED = 32 * 1024
LONGEST_COLOURING = 0.2

TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "div": {"class", "tabindex"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
}
URL_SCHEMES = {"http", "https", "mailto"}
# What static/css/code.css gives no colour. With a tag around each of these, three of four tags of a program did nothing
# but make the page slow.
COLOURLESS = {Name, Operator, Punctuation, Whitespace}

_colours = HtmlFormatter(nowrap=True, classprefix="hl-")
_language = re.compile(r"[A-Za-z0-9_+#.-]{1,30}")


@lru_cache(maxsize=512)
def render(text: str) -> str:
    """Safe HTML of a whole text, or of one finished block of it. The same text is rendered once."""
    if len(text) > LARGEST_MARKDOWN:
        return plain(text)
    return nh3.clean(
        _markdown.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=URL_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def plain(text: str) -> str:
    """The text as it was written, line by line."""
    return f'<pre tabindex="0">{escape(text)}</pre>'


class _TooSlowError(Exception):
    """This block is not worth its colours."""


class _Untagged(Filter):
    """Takes what has no colour for plain text. Raises `_TooSlowError`."""

    def filter(self, lexer: Lexer | None, stream: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[_TokenType, str]]:
        ends = time.thread_time() + LONGEST_COLOURING
        for kind, value in stream:
            if time.thread_time() > ends:
                raise _TooSlowError
            yield Text if kind in COLOURLESS else kind, value


def _coloured(code: str, language: str, _attributes: str) -> str:
    """Inner HTML of a code block, with Pygments' classes; empty to leave it plain (unknown language, or slow)."""
    if not _language.fullmatch(language) or len(code) > LARGEST_COLOURED:
        return ""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""
    lexer.add_filter(_Untagged())
    try:
        return str(highlight(code, lexer, _colours))
    except _TooSlowError:
        return ""


def _fence(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A code block that can be scrolled by keyboard, with its language in words for the copy button's label."""
    token = tokens[index]
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
    inner = _coloured(token.content, language, "") or escape(token.content)
    name = f' class="language-{escape(language)}"' if _language.fullmatch(language) else ""
    return f'<div class="code-block"><pre tabindex="0"><code{name}>{inner}</code></pre></div>\n'


def _image(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A link in place of the picture: loading it would tell its server that this answer was read, and by whom."""
    token = tokens[index]
    address = str(token.attrs.get("src", ""))
    words = self.renderInlineAsText(token.children, options, env) if token.children else ""
    return f'<a href="{escape(address)}">{escape(words or address)}</a>'


def _cell(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A table cell whose alignment is a class: the page's policy allows no style attributes."""
    token = tokens[index]
    alignment = str(token.attrs.pop("style", "")).removeprefix("text-align:")
    if alignment:
        token.attrSet("class", f"align-{alignment}")
    return self.renderToken(tokens, index, options, env)


def _table_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    # A wide table scrolls inside its frame, not the page.
    return '<div class="table-frame" tabindex="0"><table>\n'


def _table_close(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return "</table></div>\n"


def _build() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    for rule, function in {
        "fence": _fence,
        "code_block": _fence,
        "image": _image,
        "th_open": _cell,
        "td_open": _cell,
        "table_open": _table_open,
        "table_close": _table_close,
    }.items():
        markdown.add_render_rule(rule, function)
    return markdown


_markdown = _build()
