"""A long answer of every kind of Markdown, in tokens of the size that models use.

A chapter has a heading, paragraphs, a list with lists in it, a table, a quotation and code; every fourth one has
a program of a hundred lines. No two blocks are the same, so nothing is rendered from a cache.
"""

import re
from collections.abc import Iterator
from itertools import count

# A word or a few signs, with the blank space before them.
PIECE = re.compile(r"\s*\w{1,12}|\s*[^\w\s]{1,4}|\s+")
PLACES = ("harbour", "market", "station", "library", "garden", "bridge", "workshop", "observatory")
LONG_PROGRAM = 20
SHORT_PROGRAM = 2


def tokens() -> Iterator[str]:
    """The answer, which never ends."""
    for number in count(1):
        yield from PIECE.findall(chapter(number))


def chapter(number: int) -> str:
    place = PLACES[number % len(PLACES)]
    return "\n\n".join(
        [
            f"## {number}. What the {place} needs",
            _paragraph(number, place),
            f"Then there is the other half of the {place}, of which {number % 50 + 50} % is old.",
            _list(number, place),
            _table(number),
            f"### Counting the {place} again",
            _paragraph(number + 7, place),
            _program(number, LONG_PROGRAM if number % 4 == 0 else SHORT_PROGRAM),
            f"> Nobody asked the {place} what it wanted in year {1800 + number}, and it did not say.",
            _numbered(number, place),
            _query(number, place),
            "",
        ]
    )


def _paragraph(number: int, place: str) -> str:
    return (
        f"In the year {1900 + number} the **{place}** had {number * 37 % 101} visitors a day, *most of them* on foot. "
        f"The function `visits({number})` counts them once, and [the register](https://example.org/{place}/{number}) "
        f"keeps their names. Whoever came twice was written down twice, which is {number % 9 + 2} % too many; "
        "the table below corrects this, and the code after it shows how."
    )


def _list(number: int, place: str) -> str:
    return "\n".join(
        f"- Door {door} of the {place} opens at {(number + door) % 24}:00\n"
        f"  - and closes when `doors[{door}].closed` says so,\n"
        f"  - **unless** it is the {number % 28 + 1}th."
        for door in range(1, 4)
    )


def _table(number: int) -> str:
    rows = (
        f"| {PLACES[(number + row) % len(PLACES)]} | {number * row * 13:,} | {row * 7 % 11} | `row_{number}_{row}` |"
        for row in range(1, 9)
    )
    return "\n".join(["| place | visitors | doors | name |", "| :--- | ---: | :---: | --- |", *rows])


def _program(number: int, functions: int) -> str:
    body = "\n\n".join(
        f"def visits_{number}_{index}(register: dict[str, list[int]], year: int = {1900 + index}) -> int:\n"
        f'    """How many came in a year; who came twice counts once."""  # see chapter {number}\n'
        f'    names = {{name for name, years in register.items() if year in years and name != "nobody"}}\n'
        f"    return len(names) * {index + 1} - {number % 10}"
        for index in range(functions)
    )
    return f"```python\n{body}\n```"


def _numbered(number: int, place: str) -> str:
    return "\n".join(f"{step}. Take {step * number % 17 + 1} stones to the {place}." for step in range(1, 6))


def _query(number: int, place: str) -> str:
    return (
        "```sql\n"
        f"SELECT name, count(*) AS visits FROM register -- as of chapter {number}\n"
        f"WHERE place = '{place}' AND year BETWEEN {1900 + number} AND {1910 + number}\n"
        "GROUP BY name HAVING count(*) > 1 ORDER BY visits DESC;\n"
        "```"
    )
