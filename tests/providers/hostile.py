"""Whatever a stranger may send: JSON of any kind, and objects that look right from afar."""

from typing import Any

from hypothesis import strategies as st


def anything(*words: str) -> st.SearchStrategy[Any]:
    """Any JSON, with numbers that are no counts and texts that no database takes; these words among them."""
    return st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(st.characters(exclude_categories=[]), max_size=8)
        | st.sampled_from([*words, 10**400, -1, 429]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    )


ANYTHING = anything()


def loose(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object that may lack any of these fields, and hold anything in them; or no object at all."""
    optional = {name: value | ANYTHING for name, value in fields.items()}
    return st.fixed_dictionaries({}, optional=optional) | ANYTHING
