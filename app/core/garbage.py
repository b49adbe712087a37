"""Keeping the garbage collector away from what stays for good."""

import gc

YOUNGEST = 10_000
"""Objects made and not given up before the youngest are looked at; Python's own 700 suit a script.

Once what was loaded is out of sight few objects are old, so full collections, which wait for a
quarter as many new ones, would come every few seconds."""


def settle_in() -> None:
    """Let collections pass over all that is loaded by now.

    A full collection of a portal just started looks at a million objects, and nobody is answered
    for the third of a second that it takes; none of them is garbage before the process ends.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNGEST)
