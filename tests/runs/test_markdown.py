"""Markdown of a model: shown well, and never able to do anything."""

import re
import time

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.markdown import ATTRIBUTES, LARGEST_MARKDOWN, TAGS, URL_SCHEMES, render
from runs.recorder import LARGEST_BLOCK

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:msgbox)",
    "![x](javascript:alert(1))",
    '![x"onerror="alert(1)](http://a/b)',
    "![x](http://evil.example/pixel.png)",
    "[x](http://a/ 'onmouseover=alert(1)')",
    "```<script>alert(1)</script>\ncode\n```",
    '```py" onload="alert(1)\ncode\n```',
    "~~~html\n<script>alert(1)</script>\n~~~",
    "<a href='javascript:alert(1)'>x</a>",
    '<https://a/"onclick=alert(1)>',
    "<javascript:alert(1)>",
    "| <img src=x onerror=alert(1)> |\n|---|\n| [x](javascript:1) |",
    "# <b onclick=alert(1)>x</b>",
    "{{ constructor.constructor('alert(1)')() }}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<style>*{background:url(http://evil)}</style>",
    "<form action=http://evil><input name=q></form>",
    "<base href=http://evil>",
    "<meta http-equiv=refresh content=0;url=http://evil>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "[x]: javascript:alert(1)\n[x]",
    "<!--<img src=--><img src=x onerror=alert(1)//>",
]
NAMES = "|".join(sorted(TAGS))
ACTIVE = re.compile(rf"<(?!/?(?:{NAMES})\b)[a-z]|<[^>]*\s(?:on\w+|style|id|src|srcdoc)=", re.IGNORECASE)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_a_model_writes_becomes_active(text: str) -> None:
    html = render(text)
    assert not ACTIVE.search(html)
    assert not re.search(r'href="(?!https?:|mailto:)', html)


def test_an_image_becomes_a_link_so_that_nothing_is_loaded() -> None:
    html = render("![a chart](https://example.org/chart.png)")
    assert "<img" not in html
    assert '<a href="https://example.org/chart.png" rel="noopener noreferrer nofollow">a chart</a>' in html


def test_code_is_coloured_with_classes() -> None:
    assert '<span class="hl-k">def</span>' in render("```python\ndef f(): pass\n```")


def test_code_that_has_no_colour_has_no_tags() -> None:
    assert '<code class="language-python">x = y[z]\n</code>' in render("```python\nx = y[z]\n```")


def test_code_in_an_unknown_language_stays_as_it_is() -> None:
    assert "&lt;b&gt;" in render("```nosuchlanguage\n<b>\n```")


def test_a_table_keeps_its_alignment_without_style_attributes() -> None:
    html = render("| a |\n|--:|\n| 1 |")
    assert '<td class="align-right">1</td>' in html
    assert "style" not in html


def test_a_text_that_is_too_large_is_shown_as_it_is() -> None:
    html = render("*" * (LARGEST_MARKDOWN + 1))
    assert html.startswith("<pre")
    assert html.count("*") == LARGEST_MARKDOWN + 1


@pytest.mark.parametrize("bomb", ["[" * 50_000, "> " * 10_000 + "x", "*a " * 20_000, "`" * 50_000, "|" * 50_000])
def test_a_text_made_to_be_slow_is_not(bomb: str) -> None:
    begun = time.process_time()
    render(bomb)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(("language", "words"), [("java", "a\n"), ("perl", "s{"), ("scala", "a "), ("cpp", "a ")])
def test_code_that_is_slow_to_colour_is_left_plain(language: str, words: str) -> None:
    code = words * (LARGEST_BLOCK // 2)
    begun = time.thread_time()
    html = render(f"```{language}\n{code}\n```")
    # Without the limit Java took 13 s and Perl 7.
    assert time.thread_time() - begun < 4
    assert code.splitlines()[0] in re.sub("<[^>]*>", "", html)


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from("<>/\"'`=()[]!*_~#-|:&; \nabonsrcjavipt12"), max_size=80))
def test_what_comes_out_is_clean_already(text: str) -> None:
    html = render(text)
    again = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=URL_SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    assert again == html
    assert not ACTIVE.search(html)
