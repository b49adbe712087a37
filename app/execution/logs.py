"""A log of any length, kept as its beginning and its end.

Positions count characters of the whole log, so that a reader can ask for "what came after".
"""

HEAD = 256 * 1024
TAIL = 768 * 1024


def appended(kept: str, more: str) -> str:
    """Return what is kept of a log after ``more`` was written to it."""
    text = kept + more
    return text if len(text) <= HEAD + TAIL else text[:HEAD] + text[-TAIL:]


def shown(kept: str, *, size: int, after: int = 0) -> tuple[str, int]:
    """Return the text behind position ``after`` of a log of ``size`` characters, and its end.

    Where text was left out it says how much.
    """
    size = max(size, len(kept))
    left_out = size - len(kept)
    if not left_out:
        return kept[after:], size
    tail_starts = HEAD + left_out
    if after >= tail_starts:
        return kept[HEAD + after - tail_starts :], size
    missing = tail_starts - max(after, HEAD)
    return f"{kept[after:HEAD]}\n… {missing:,} characters were left out …\n{kept[HEAD:]}", size
