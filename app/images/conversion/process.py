"""What a process of the converter does with itself before it opens a file from outside."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import resource
import signal
import warnings
from typing import BinaryIO

from app.images.conversion.limits import Limits

_PR_SET_PDEATHSIG = 1
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 32 << 20


def set_limits(limits: Limits) -> None:
    """Bound memory, processor time and file size; no core dump; die with the parent.

    A parse that runs wild then ends in MemoryError, in OSError or by a signal, and hurts nobody.
    """
    for what, value in (
        (resource.RLIMIT_AS, limits.address_space),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.output_file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (bounded, bounded))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with contextlib.suppress(AttributeError):  # only Linux ends a child with its parent
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def private_stdout() -> BinaryIO:
    """Keep standard output for ourselves: libraries that print there now print to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def keep_freed_memory() -> None:
    """Let the allocator reuse the memory of slices: else each costs the kernel's work anew."""
    with contextlib.suppress(AttributeError):  # another C library than GNU's has no mallopt
        library = ctypes.CDLL(None)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)


def collect_rarely() -> None:
    """Look for cycles seldom: what is imported stays, and headers hold none."""
    gc.freeze()
    gc.set_threshold(50_000)


def hush() -> None:
    """Keep the values of files out of what is printed: pydicom warns of malformed ones in full."""
    warnings.simplefilter("ignore")
    logging.getLogger("pydicom").disabled = True


def crash_message(returncode: int) -> str:
    """Return what to say of files that ended a process."""
    if returncode < 0:
        return f"The converter was stopped by this file ({signal.Signals(-returncode).name})."
    return "The converter stopped at this file."
