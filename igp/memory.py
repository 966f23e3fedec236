"""What a process keeps in memory for its whole life."""

import gc


def settle() -> None:
    """What is loaded by now stays, and the collector of garbage looks at it no more.

    Its passes over all modules and models, tens of milliseconds each, fell into every few thousand
    events of a batch and into some requests: sealing an event took 36 microseconds with them and 24
    without.
    """
    gc.collect()
    gc.freeze()
