"""Nothing but load during a slot: no garbage collection, no file."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def still() -> Iterator[None]:
    """Collect garbage before the block and after it, not in it; slots are seconds long, so memory bears it."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
