"""Large pieces of memory go back to the system as soon as nobody needs them."""

import ctypes

# Of glibc's malloc.h. From this many bytes on, a piece of memory is the system's own, and is its again when it is free.
M_MMAP_THRESHOLD = -3
LARGE = 512 * 1024


def give_back_large_pieces() -> None:
    """Keep glibc from learning.

    After the first megabytes that it gave back it would take such pieces from its own heaps, one for each thread, and
    each of these may keep twice as much for later. A web process grew by up to 9 MB after answers of 4 MB had passed
    through it, the more the busier the machine was, and by 1 MB like this.

    For a process that serves many for long. Elsewhere than with glibc it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, LARGE)
