"""Programs that make system calls which no shell can make, without a compiler.

A program is a list of calls. It ends with 0 when the kernel granted all of them, else with the
number of the error (1 is "not permitted", 38 "no such call"), so that an attack that did not run
at all cannot be taken for one that was refused.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import Enum

from tests.factories.containers import Entry

_BASE = 0x400000
_HEADERS = 64 + 56
_CONSTANT = ("48bf", "48be", "48ba", "49ba", "49b8", "49b9")  # mov rdi, rsi, rdx, r10, r8, r9
_PREVIOUS = ("4889df", "4889de", "4889da", "4989da", "4989d8", "4989d9")  # the same, from rbx
_SYSCALL = bytes.fromhex("0f05")
_LEAVE = bytes.fromhex("31ff b83c000000 0f05")  # exit(0)
_FAIL = bytes.fromhex("48f7d8 89c7 b83c000000 0f05")  # exit(-rax)


class Result(Enum):
    """Stands for what the call before returned."""

    PREVIOUS = "previous"


PREVIOUS = Result.PREVIOUS
Argument = int | bytes | Result


@dataclass(frozen=True)
class Call:
    """One system call of x86-64 by number; bytes are passed by address."""

    number: int
    arguments: tuple[Argument, ...] = ()


def call(number: int, *arguments: Argument) -> Call:
    return Call(number, arguments)


def program(*calls: Call) -> Entry:
    """The calls as a file of an image: a static ELF program."""
    code_size = len(_code(calls, data_at=0)[0])
    code, data = _code(calls, data_at=_BASE + _HEADERS + code_size)
    body = code + data
    size = _HEADERS + len(body)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01" + bytes(9),
        2, 62, 1, _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0,
    )  # fmt: skip
    segment = struct.pack("<IIQQQQQQ", 1, 7, 0, _BASE, _BASE, size, size, 0x1000)
    return Entry(content=header + segment + body, mode=0o755)


def _code(calls: tuple[Call, ...], *, data_at: int) -> tuple[bytes, bytes]:
    data = b""
    parts = []
    for one in calls:
        part = b"\xb8" + struct.pack("<I", one.number)
        for index, argument in enumerate(one.arguments):
            if isinstance(argument, Result):
                part += bytes.fromhex(_PREVIOUS[index])
                continue
            value = argument
            if isinstance(argument, bytes):
                value = data_at + len(data)
                data += argument + b"\0"
            part += bytes.fromhex(_CONSTANT[index]) + struct.pack("<q", value)
        parts.append(part + _SYSCALL)
    return _joined(parts), data


def _joined(parts: list[bytes]) -> bytes:
    """After each call: jump to the end when it failed, else keep its result in rbx."""
    tail = 3 + 6 + 3
    left = sum(len(part) + tail for part in parts) + len(_LEAVE)
    code = b""
    for part in parts:
        left -= len(part) + tail
        code += part + bytes.fromhex("4885c0 0f88") + struct.pack("<i", left + 3)
        code += bytes.fromhex("4889c3")
    return code + _LEAVE + _FAIL


def unix_address(path: bytes) -> bytes:
    """A socket address; a leading zero byte means the abstract name space."""
    return struct.pack("<H", socket.AF_UNIX) + path


HARMLESS = program(call(39))  # getpid
