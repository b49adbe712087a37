"""Bringing inputs to the worker: fetched by expiring address, checked, laid out in a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from app.execution.contract import InputFile, RunSpec
from app.execution.contract.forward import Readable
from app.execution.contract.limits import MIB, readable_bytes
from app.execution.contract.tar_stream import (
    UNREADABLE_ERRORS,
    PeekableReader,
    compression_of,
    decompressed,
    iterate_members,
)
from app.execution.executors.base import InputFault, PlatformFault

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_MAX_TAR_ENTRIES = 200_000


@dataclass
class StagedRun:
    """Folders of one run on the worker; `digests` are sha256 by path below /input."""

    folder: Path
    input: Path
    model: Path | None = None
    ground_truth: Path | None = None
    tools: Path | None = None
    digests: dict[str, str] = field(default_factory=dict)


@dataclass
class _Allowance:
    """Bytes that the inputs of one run may still take."""

    total: int
    left: int

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise InputFault(
                f"The inputs are larger than {readable_bytes(self.total)} together.",
                advice="Use smaller inputs, or ask an administrator for a higher limit.",
            )


def stage(spec: RunSpec, folder: Path) -> StagedRun:
    """Fetch everything that `spec` gives to its container.

    Raises
    ------
    PlatformFault
        When an address does not answer, or gives other bytes than were promised.
    InputFault
        When the model or the ground truth is not a usable tar, or all is too large.
    """
    allowance = _allowance(spec)
    staged = StagedRun(folder=folder, input=folder / "input")
    staged.input.mkdir()
    _stage_inputs(spec, staged, allowance)
    if spec.model_url:
        staged.model = folder / "model"
        _stage_tar(spec.model_url, staged.model, allowance, what="model")
    if spec.ground_truth_url:
        staged.ground_truth = folder / "ground_truth"
        _stage_tar(spec.ground_truth_url, staged.ground_truth, allowance, what="ground truth")
    return staged


def stage_case(spec: RunSpec, staged: StagedRun) -> None:
    """Fetch the inputs of the next case of a container that stays up; raises as `stage` does."""
    staged.digests.clear()
    _stage_inputs(spec, staged, _allowance(spec))


def clear_case(staged: StagedRun) -> None:
    """Remove the inputs of a case, also from whoever still has them open."""
    for path in staged.input.rglob("*"):
        if path.is_file():
            os.truncate(path, 0)
    for path in staged.input.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _allowance(spec: RunSpec) -> _Allowance:
    return _Allowance(total=spec.limits.input_bytes, left=spec.limits.input_bytes)


def _stage_inputs(spec: RunSpec, staged: StagedRun, allowance: _Allowance) -> None:
    for file in spec.inputs:
        staged.digests[file.relative_path] = _stage_file(file, staged.input, allowance)


def _stage_file(file: InputFile, folder: Path, allowance: _Allowance) -> str:
    path = folder / file.relative_path
    path.parent.mkdir(parents=True, exist_ok=True)
    if file.content is not None:
        allowance.take(len(file.content))
        path.write_bytes(file.content)
        digest = hashlib.sha256(file.content).hexdigest()
    else:
        digest = fetch(file.url, path, allowance)
    path.chmod(0o644)
    wrong_size = file.size is not None and path.stat().st_size != file.size
    if wrong_size or (file.sha256 and digest != file.sha256):
        raise PlatformFault(f"The input `{file.relative_path}` did not arrive as it is stored.")
    return digest


def fetch(url: str, path: Path, allowance: _Allowance | None = None) -> str:
    """Download to `path`; the sha256 of what came, in hex."""
    digest = hashlib.sha256()
    with open_url(url) as chunks, path.open("wb") as out:
        for chunk in chunks:
            if allowance is not None:
                allowance.take(len(chunk))
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for all: a new client reads every certificate of the machine."""
    return httpx.Client(timeout=_TIMEOUT)


# A forked worker must not share its parent's open connections.
os.register_at_fork(after_in_child=_client.cache_clear)


@contextmanager
def open_url(url: str) -> Iterator[Iterator[bytes]]:
    """The chunks behind an http(s) address. Redirects are not followed: ours never redirect."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise PlatformFault("An input has an address that is neither http nor https.")
    try:
        with _client().stream("GET", url, headers={"Accept-Encoding": ""}) as answer:
            if answer.status_code != httpx.codes.OK:
                raise PlatformFault(f"The storage answered {answer.status_code} for an input.")
            yield answer.iter_raw(MIB)
    except httpx.HTTPError as error:
        raise PlatformFault(
            f"An input could not be fetched from the storage ({type(error).__name__})."
        ) from error


def _stage_tar(url: str, folder: Path, allowance: _Allowance, *, what: str) -> None:
    """Unpack a tar (plain, gzip, xz) while it arrives; only files and folders come out of it."""
    folder.mkdir()
    with open_url(url) as chunks:
        try:
            source = PeekableReader(_ChunkReader(chunks))
            compression = compression_of(source.peek(6))
            unpacked = _AllowedReader(decompressed(source, compression), allowance)
            for member, content in iterate_members(unpacked, limit=_MAX_TAR_ENTRIES):
                _unpack_member(folder, member, content)
        except (PlatformFault, InputFault, httpx.HTTPError):
            raise
        except UNREADABLE_ERRORS as error:
            raise _bad_tar(what, str(error)) from error


def _unpack_member(folder: Path, member: tarfile.TarInfo, content: Readable) -> None:
    safe = tarfile.data_filter(member, str(folder))
    target = folder / safe.name
    if safe.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    if not safe.isreg() or safe.issparse():
        raise ValueError(f"{member.name!r} is a link or a device")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        while chunk := content.read(MIB):
            out.write(chunk)
    executable = 0o111 if (safe.mode or 0) & 0o100 else 0
    target.chmod(0o644 | executable)


def _bad_tar(what: str, detail: str) -> InputFault:
    return InputFault(
        f"The {what} is not a readable tar archive ({detail}).",
        advice="Upload it as `.tar.gz` with files and folders only: `tar czf model.tar.gz -C "
        "model .`",
    )


class _AllowedReader:
    def __init__(self, source: Readable, allowance: _Allowance) -> None:
        self._source = source
        self._allowance = allowance

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        self._allowance.take(len(data))
        return data


class _ChunkReader:
    """`read` over an iterator of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        if not self._rest:
            self._rest = next(self._chunks, b"")
        if size < 0:
            data, self._rest = self._rest + b"".join(self._chunks), b""
            return data
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
