"""Attacks by what is left in /output."""

from __future__ import annotations

import struct
import zlib

from app.execution.contract import OutputKind, OutputSlot, ReasonCode, RunResult
from app.execution.contract.limits import MIB
from tests.contract.executor_cases import RESULT
from tests.factories.containers import Entry
from tests.hostile.programs import PREVIOUS, call, program, unix_address
from tests.hostile.rows import OK, Attack
from tests.hostile.witness import Witness

MASK = OutputSlot(slug="mask", relative_path="images/mask", kind=OutputKind.IMAGE)
_GOOD_MASK = f"mkdir -p /output/images/mask; cp /bin/busybox /output/images/mask/a.mha; {OK}"
_SPARSE = "dd if=/dev/zero of=/output/$i bs=1 count=1 seek=7M"
_DEEP = "head -c 200000 /dev/zero | tr '\\0' '[' > /output/result.json"


def _only_small_files(result: RunResult, witness: Witness) -> None:
    assert sum(len(content) for content in witness.files.values()) < MIB


def _is_null(result: RunResult, witness: Witness) -> None:
    assert [output.value for output in result.outputs] == [{"score": None, "other": [None, None]}]


def _is_first_result(result: RunResult, witness: Witness) -> None:
    assert witness.files == {"result": b'{"score": 1}\n'}


def _has_plain_mode(result: RunResult, witness: Witness) -> None:
    assert witness.modes == {"result": 0o100644}


def _not_plain(name: str, does: str, script: str, kind: str, *, sample: bool = False) -> Attack:
    return Attack(
        name=name,
        does=does,
        script=script,
        honest="echo 1 > /output/other",
        ends=ReasonCode.OUTPUT,
        says=kind,
        sample=sample,
    )


def _socket_file() -> Attack:
    bind = program(call(41, 1, 1, 0), call(49, PREVIOUS, unix_address(b"/output/result.json"), 21))
    return Attack(
        name="output-socket",
        does="leaves a socket as its result",
        script="/attack",
        honest="test -x /attack",
        ends=ReasonCode.OUTPUT,
        says="/output/result.json",
        layer={"attack": bind},
    )


LINKS = (
    _not_plain(
        "output-link-to-worker",
        "leaves a link to a file of the worker as its result",
        "ln -s {secret} /output/result.json",
        "a symbolic link",
        sample=True,
    ),
    _not_plain(
        "output-link-to-proc",
        "leaves a link to the environment of whoever reads it",
        "ln -s /proc/self/environ /output/result.json",
        "a symbolic link",
    ),
    _not_plain(
        "output-link-upwards",
        "leaves a link that climbs out of /output",
        "ln -s ../../../../../../../../..{secret} /output/result.json",
        "a symbolic link",
    ),
    _not_plain(
        "output-pipe",
        "leaves a pipe, on which its reader would wait for ever",
        "mkfifo /output/result.json",
        "a named pipe",
    ),
    _not_plain(
        "output-hard-link",
        "leaves a second name of another file",
        "echo 1 > /output/a; ln /output/a /output/result.json",
        "a hard link",
    ),
    _not_plain("output-folder", "leaves a folder", "mkdir /output/result.json", "a folder"),
    _not_plain(
        "output-device",
        "leaves the host's disk as a device",
        "mknod /output/result.json b 254 0 || ln -s /dev/zero /output/result.json",
        "a symbolic link",
    ),
    _socket_file(),
    Attack(
        name="output-linked-folder",
        does="makes the folder of an image a link to somewhere else",
        script=f"mkdir /tmp/mask; echo x > /tmp/mask/a.mha; ln -s /tmp /output/images; {OK}",
        honest_writes=_GOOD_MASK,
        ends=ReasonCode.OUTPUT,
        says="a symbolic link",
        outputs=(RESULT, MASK),
    ),
)

SIZES = (
    Attack(
        name="output-sparse-giant",
        does="leaves a file of four terabytes that weighs nothing",
        script="dd if=/dev/zero of=/output/result.json bs=1 count=1 seek=4T; true",
        honest="dd if=/dev/zero of=/output/other bs=1 count=1 seek=1K",
        ends=(ReasonCode.OUTPUT, ReasonCode.DISK_FULL, ReasonCode.EXIT_CODE),
    ),
    Attack(
        name="output-sparse-flood",
        does="leaves hundreds of files that weigh nothing and unpack to gigabytes",
        script=f"i=0; (while [ $i -lt 200 ]; do {_SPARSE}; i=$((i+1)); done) 2>/dev/null; {OK}",
        honest=f"i=1; {_SPARSE.replace('7M', '7')} 2>/dev/null",
        ends=(ReasonCode.SUCCEEDED, ReasonCode.OUTPUT),
        also=_only_small_files,
        within=30,
    ),
    Attack(
        name="output-many-files",
        does="leaves fifty thousand files beside its result",
        script=f"i=0; while [ $i -lt 50000 ]; do : > /output/f$i || break; i=$((i+1)); done; {OK}",
        honest=": > /output/f",
        ends=(ReasonCode.SUCCEEDED, ReasonCode.OUTPUT, ReasonCode.DISK_FULL, ReasonCode.EXIT_CODE),
        within=40,
    ),
    Attack(
        name="output-deep-folders",
        does="nests folders as deep as the system lets it",
        script="cd /output; i=0; while mkdir d && cd d && [ $i -lt 1500 ]; do i=$((i+1)); done"
        f" 2>/dev/null; cd /; {OK}",
        honest="mkdir -p /output/d/d/d",
        ends=(ReasonCode.SUCCEEDED, ReasonCode.DISK_FULL, ReasonCode.EXIT_CODE),
        within=40,
    ),
    Attack(
        name="output-huge-names",
        does="leaves files with names of 255 bytes, with line breaks, commands and climbing dots",
        script="n=$(head -c 251 /dev/zero | tr '\\0' x); : > /output/$n.mha;"
        " : > \"/output/$(printf 'a\\nb\\033[2J')\"; : > '/output/..;rm -rf $HOME;';"
        f" : > '/output/...'; : > \"/output/-rf\"; {OK}",
        honest=": > /output/x.mha",
        ends=ReasonCode.SUCCEEDED,
        also=_is_first_result,
    ),
    Attack(
        name="output-image-names",
        does="gives its image a name that is a path and a command",
        script="mkdir -p /output/images/mask; : > \"/output/images/mask/$(printf '\\033]0;x')."
        f'$(head -c 200 /dev/zero | tr "\\0" y).mha"; {OK}',
        honest_writes=_GOOD_MASK,
        ends=ReasonCode.SUCCEEDED,
        outputs=(RESULT, MASK),
        also=_only_small_files,
    ),
    Attack(
        name="output-two-images",
        does="leaves two images where one is expected",
        script=f"mkdir -p /output/images/mask; cd /output/images/mask; : > a.mha; : > b.tif; {OK}",
        honest_writes=_GOOD_MASK,
        ends=ReasonCode.OUTPUT,
        says="2 images",
        outputs=(RESULT, MASK),
    ),
)

PROMISES = (
    Attack(
        name="output-set-user-id",
        does="leaves a program that would run as its owner",
        script="cp /bin/busybox /output/result.bin; cp /bin/busybox /output/x; chmod 6777 /output/x"
        f"; {OK}; chmod 6777 /output/result.json",
        honest="chmod 644 /proc/self/cwd 2>/dev/null; true",
        ends=ReasonCode.SUCCEEDED,
        also=_has_plain_mode,
    ),
    Attack(
        name="output-late-writer",
        does="leaves a process behind that changes the result after the end",
        script=f"{OK}; (sleep 1; echo changed > /output/result.json) & exit 0",
        honest="(true) & wait",
        ends=ReasonCode.SUCCEEDED,
        also=_is_first_result,
    ),
    Attack(
        name="output-of-a-failure",
        does="writes a good result and fails",
        script=f"{OK}; exit 3",
        ends=ReasonCode.EXIT_CODE,
    ),
)


def _json(name: str, does: str, script: str, says: str, *, sample: bool = False) -> Attack:
    return Attack(
        name=name,
        does=does,
        script=script,
        honest="echo '[[[1]]]' > /output/other.json",
        ends=ReasonCode.OUTPUT,
        says=says,
        sample=sample,
    )


JSON = (
    _json("json-deep", "nests a hundred thousand lists", _DEEP, "nested", sample=True),
    _json(
        "json-endless-text",
        "leaves a text that never closes",
        "(echo -n '\"'; head -c 7000000 /dev/zero | tr '\\0' '\\\\') > /output/result.json",
        "not valid JSON",
    ),
    _json(
        "json-huge-integer",
        "leaves a whole number of a million digits",
        "head -c 1000000 /dev/zero | tr '\\0' 9 > /output/result.json",
        "not valid JSON",
    ),
    _json(
        "json-not-text",
        "leaves bytes that are no text",
        "head -c 100000 /bin/busybox > /output/result.json",
        "not valid JSON",
    ),
    _json(
        "json-unstorable",
        "leaves a text with a zero character, which no database takes",
        'echo \'{"a": "\\u0000"}\' > /output/result.json',
        "not valid JSON",
    ),
    Attack(
        name="json-not-a-number",
        does="leaves numbers that are none: NaN, infinity and ten to the billionth",
        script='echo \'{"score": NaN, "other": [-Infinity, 1e999999999]}\' > /output/result.json',
        ends=ReasonCode.SUCCEEDED,
        also=_is_null,
    ),
)


def meta_image(size: str, data: bytes, *, compressed: bool = False) -> bytes:
    """A MetaImage whose header says whatever is asked for."""
    more = f"CompressedData = True\nCompressedDataSize = {len(data)}\n" if compressed else ""
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        f"{more}TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\n"
        f"DimSize = {size}\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    )
    return header.encode() + data


def _tiff_of_lies() -> bytes:
    """A TIFF of four billion by four billion pixels in 8 bytes of data."""
    tags = ((256, 4, 1, 4_000_000_000), (257, 4, 1, 4_000_000_000), (258, 3, 1, 8))
    tags += ((259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, 1), (279, 4, 1, 8))
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    folder = struct.pack("<H", len(tags)) + entries + bytes(4)
    return b"II*\0" + struct.pack("<I", 16) + bytes(8) + folder


def _lying_image(name: str, does: str, content: bytes, suffix: str = "mha") -> Attack:
    """The executor hands it over; the converter, which reads it next, refuses it."""
    honest = meta_image("4 4 4", bytes(64))
    place = "mkdir -p /output/images/mask; cp /images/{} /output/images/mask/out.{}"
    return Attack(
        name=name,
        does=does,
        script=f"{place.format('attack', suffix)}; {OK}",
        honest_writes=f"{place.format('honest', 'mha')}; {OK}",
        ends=ReasonCode.SUCCEEDED,
        outputs=(RESULT, MASK),
        layer={"images/attack": Entry(content=content), "images/honest": Entry(content=honest)},
        converts=True,
        storages=("host",),
    )


IMAGES = (
    _lying_image(
        "image-of-terabytes",
        "claims a trillion voxels and has eight",
        meta_image("10000 10000 10000", bytes(8)),
    ),
    _lying_image(
        "image-of-negative-size",
        "claims a negative size",
        meta_image("-4 4 4", bytes(64)),
    ),
    _lying_image(
        "image-that-ends-early",
        "claims a billion compressed voxels and has a few",
        meta_image("1000 1000 1000", zlib.compress(bytes(1 << 20)), compressed=True),
    ),
    _lying_image(
        "image-from-elsewhere",
        "names a file of the worker as its data",
        meta_image("4 4 4", b"").replace(b"LOCAL", b"/etc/passwd"),
    ),
    _lying_image("image-tiff-of-lies", "claims sixteen exapixels", _tiff_of_lies(), "tif"),
)

OUTPUTS = LINKS + SIZES + PROMISES + JSON + IMAGES
