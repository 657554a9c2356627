"""The network, which cuts bytes wherever it likes."""

from itertools import pairwise

from hypothesis import strategies as st


def pieces(written: bytes) -> st.SearchStrategy[list[bytes]]:
    """The same bytes in any number of reads."""
    cuts = st.lists(st.integers(0, len(written)), max_size=12).map(sorted)
    return cuts.map(lambda found: [written[start:end] for start, end in pairwise([0, *found, len(written)])])
