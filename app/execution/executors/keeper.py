"""A container that does nothing: it keeps a size-capped volume mounted while a run is read.

A tmpfs volume vanishes with the last container that has it mounted, so another one must outlive
the run. No image can be pulled here and an author's image need not contain a `sleep`, so the
keeper is an image of our own with one file: a 129-byte static x86-64 program that calls
`pause(2)` for ever.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile

_BASE = 0x400000
_HEADERS = 64 + 56
_CODE = bytes.fromhex("b8220000000f05ebf7")  # mov eax, 34 (pause); syscall; jmp to start


def executable(code: bytes) -> bytes:
    """A static program for x86-64: one header, one loadable segment, this code (ELF-64, gABI 4.1).

    What it reads may follow the code.
    """
    size = _HEADERS + len(code)
    identity = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        identity, 2, 62, 1, _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0,
    )  # fmt: skip
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return header + segment + code


def pause_program() -> bytes:
    """Three instructions, for ever."""
    return executable(_CODE)


def keeper_archive() -> tuple[str, bytes]:
    """(image id, docker-archive) of the keeper; the same bytes every time."""
    layer = _tar({"pause": pause_program()}, mode=0o755)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": ["/pause"], "Labels": {"hounsfield.keeper": "1"}},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_hex(layer)}"]},
            "history": [],
        },
        sort_keys=True,
    ).encode()
    manifest = [{"Config": f"{_hex(config)}.json", "RepoTags": None, "Layers": ["layer.tar"]}]
    files = {
        f"{_hex(config)}.json": config,
        "layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    return f"sha256:{_hex(config)}", _tar(files, mode=0o644)


def _tar(files: dict[str, bytes], *, mode: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), mode
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
