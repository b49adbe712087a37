"""Image archives, honest and hostile, read without an engine."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.execution.contract import ArchiveLimits, ContainerArchiveError, inspect_archive
from app.execution.contract.loading import untagged_archive
from app.execution.contract.manifest import ImageManifest
from tests.factories.containers import (
    GROUP,
    ContainerRecipe,
    Entry,
    base_layer,
    pack,
    sha256,
    shell_image,
    symlink,
)


def recipe(**changes: Any) -> ContainerRecipe:
    return shell_image("echo done", **changes)


def refusal(data: bytes, limits: ArchiveLimits | None = None) -> ContainerArchiveError:
    with pytest.raises(ContainerArchiveError) as caught:
        inspect_archive(io.BytesIO(data), limits)
    assert caught.value.message.endswith(".")
    assert caught.value.advice.endswith(".")
    return caught.value


@pytest.mark.parametrize("oci", [False, True], ids=["docker", "oci"])
@pytest.mark.parametrize("compression", ["", "gzip", "xz"])
def test_an_honest_archive_is_described(tmp_path: Path, oci: bool, compression: str) -> None:
    image = recipe(labels={"org.example": "1"}, working_dir="/home/user", volumes=["/data/"])
    path = image.write(tmp_path / "image", oci=oci, compression=compression)
    manifest = inspect_archive(path)
    assert manifest.image_id == image.image_id()
    assert manifest.format == ("oci" if oci else "docker")
    assert manifest.compression == (compression or "none")
    assert manifest.archive_bytes == path.stat().st_size
    assert manifest.diff_ids == tuple(f"sha256:{sha256(tar)}" for tar in image.layer_tars())
    assert manifest.layers[0].entries == len(image.layers[0])
    assert (manifest.user.uid, manifest.user.gid, manifest.user.groups) == (1000, 1000, (2000,))
    assert manifest.user.home == "/home/user"
    assert manifest.entrypoint == ("/bin/sh", "-c", "echo done")
    assert manifest.labels == {"org.example": "1"}
    assert manifest.volumes == ("/data",)
    assert manifest.env_names == {"PATH"}
    record = json.loads(json.dumps(manifest.as_record()))
    assert ImageManifest.from_record(record) == manifest


def test_a_path_a_text_and_a_stream_read_the_same(tmp_path: Path) -> None:
    path = recipe().write(tmp_path / "image.tar")
    with path.open("rb") as stream:
        assert inspect_archive(stream) == inspect_archive(path) == inspect_archive(str(path))


@pytest.mark.parametrize(
    "user",
    ["", None, "root", "0", "00", "000:1000", "+0", "-0", "0:0", "root:user", "toor", "odd", " "],
)
def test_root_is_refused_in_every_spelling(user: str | None) -> None:
    passwd = b"root:x:0:0::/root:/bin/sh\ntoor:x:00:0::/:/bin/sh\nodd:x:zero:1::/:/bin/sh\n"
    image = recipe(user=user, layers=[base_layer(passwd=passwd)])
    assert refusal(image.docker_archive()).code == "user_root"


@pytest.mark.parametrize("user", ["nobody", "99999999999", "-5", "user:nogroup", "4294967296"])
def test_a_user_that_nobody_knows_is_refused(user: str) -> None:
    assert refusal(recipe(user=user).docker_archive()).code == "user_unknown"


@pytest.mark.parametrize(
    ("user", "uid", "gid", "groups"),
    [
        ("user", 1000, 1000, (2000,)),
        ("1000", 1000, 1000, (2000,)),
        ("1000:0", 1000, 0, ()),
        ("4242", 4242, 0, ()),
        ("user:extra", 1000, 2000, ()),
        ("007", 7, 0, ()),
    ],
)
def test_users_resolve_as_the_engine_resolves_them(
    user: str, uid: int, gid: int, groups: tuple[int, ...]
) -> None:
    identity = inspect_archive(io.BytesIO(recipe(user=user).docker_archive())).user
    assert (identity.uid, identity.gid, identity.groups) == (uid, gid, groups)


def test_the_last_layer_decides_who_a_name_is() -> None:
    later = {"etc/passwd": Entry(content=b"user:x:0:0::/root:/bin/sh\n")}
    assert refusal(recipe(layers=[base_layer(), later]).docker_archive()).code == "user_root"
    harmless = {"etc/passwd": Entry(content=b"user:x:77:78::/h:/bin/sh\n")}
    manifest = inspect_archive(
        io.BytesIO(recipe(layers=[base_layer(), later, harmless]).docker_archive())
    )
    assert (manifest.user.uid, manifest.user.gid) == (77, 78)


@pytest.mark.parametrize("hidden_by", ["etc/.wh.passwd", ".wh.etc", "etc/.wh..wh..opq"])
def test_a_whiteout_hides_the_account_file(hidden_by: str) -> None:
    image = recipe(layers=[base_layer(), {hidden_by: Entry()}])
    assert refusal(image.docker_archive()).code == "user_unknown"


def test_an_account_file_that_is_a_link_counts_as_absent() -> None:
    image = recipe(layers=[base_layer(), {"etc/passwd": symlink("/tmp/passwd")}])
    assert refusal(image.docker_archive()).code == "user_unknown"


def test_cache_folders_with_content_are_noticed() -> None:
    cache = {"home/user/.cache/torch/hub/weights.pth": Entry(content=b"w")}
    manifest = inspect_archive(io.BytesIO(recipe(layers=[base_layer(), cache]).docker_archive()))
    assert manifest.baked_caches == ("/home/user/.cache/torch",)


def change_config(image: ContainerRecipe, edit: Callable[[dict[str, Any]], None]) -> bytes:
    """The archive with a consistent but edited configuration."""
    members = image.docker_members()
    manifest = json.loads(members["manifest.json"].content)
    config = json.loads(members.pop(manifest[0]["Config"]).content)
    edit(config)
    content = json.dumps(config).encode()
    manifest[0]["Config"] = f"{sha256(content)}.json"
    members[manifest[0]["Config"]] = Entry(content=content)
    members["manifest.json"] = Entry(content=json.dumps(manifest).encode())
    return pack(members)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"architecture": "arm64"}, "platform"),
        ({"os": "windows"}, "platform"),
        ({"volumes": ["/"]}, "volumes"),
        ({"volumes": ["data"]}, "volumes"),
        ({"volumes": ["/output/sub"]}, "volumes"),
        ({"volumes": ["/proc"]}, "volumes"),
        ({"volumes": [f"/v{i}" for i in range(17)]}, "volumes"),
        ({"env": ["A=" + "x" * 300_000]}, "metadata"),
        ({"labels": {"a": "x" * 300_000}}, "metadata"),
        ({"labels": {"org.grand-challenge.api-method": "serve"}}, "api_method"),
        ({"volumes": ["/opt/hounsfield/x"]}, "volumes"),
    ],
)
def test_unfit_configurations_are_refused(changes: dict[str, Any], code: str) -> None:
    assert refusal(recipe(**changes).docker_archive()).code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"env": ["A=\x00"]},
        {"labels": {"a": "\ud800"}},
        {"labels": {"\x00": "a"}},
        {"working_dir": "/a\x00"},
        {"layers": [base_layer(passwd=b"user:x:1000:1000::/home/\x00:/bin/sh\n")]},
    ],
    ids=["env", "label", "name", "folder", "home"],
)
def test_what_no_database_takes_is_refused_in_words(changes: dict[str, Any]) -> None:
    error = refusal(recipe(**changes).docker_archive())
    assert error.code == "broken"
    assert "cannot be stored" in error.message


def test_odd_names_of_cache_folders_are_no_obstacle() -> None:
    layer = base_layer() | {"home/user/.cache/a\udcff/x": Entry(content=b"1")}
    manifest = inspect_archive(io.BytesIO(recipe(layers=[layer]).docker_archive()))
    assert manifest.baked_caches == ("/home/user/.cache/a?",)


@pytest.mark.parametrize("empty", [None, [], [""]])
def test_an_image_with_nothing_to_run_is_refused(empty: list[str] | None) -> None:
    image = ContainerRecipe(entrypoint=empty, command=None)
    assert refusal(image.docker_archive()).code == "no_entrypoint"
    assert inspect_archive(
        io.BytesIO(ContainerRecipe(entrypoint=empty, command=["/bin/true"]).docker_archive())
    ).command == ("/bin/true",)


def _set(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def edit(config: dict[str, Any]) -> None:
        for key in path[:-1]:
            config = config[key]
        config[path[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (_set("rootfs", value=None), "broken"),
        (_set("rootfs", "diff_ids", value=[]), "broken"),
        (_set("rootfs", "diff_ids", value=["sha256:" + "0" * 64]), "digest"),
        (_set("config", value="x"), "broken"),
        (_set("config", value=None), "no_entrypoint"),
        (_set("config", "Env", value=7), "broken"),
        (_set("config", "Labels", value=["x"]), "broken"),
        (_set("config", "User", value=1000), "user_root"),
        (_set("architecture", value=None), "platform"),
    ],
)
def test_odd_configurations_are_refused_in_words(
    edit: Callable[[dict[str, Any]], None], code: str
) -> None:
    assert refusal(change_config(recipe(), edit)).code == code


def tampered(members: dict[str, Entry], ending: str, content: bytes) -> bytes:
    name = next(name for name in members if name.endswith(ending))
    return pack({**members, name: Entry(content=content)})


def test_a_changed_layer_is_found() -> None:
    other = pack({**base_layer(group=GROUP + b"x:x:9:\n")})
    assert refusal(tampered(recipe().docker_members(), "/layer.tar", other)).code == "digest"


def test_a_changed_configuration_is_found() -> None:
    members = recipe().docker_members()
    name = json.loads(members["manifest.json"].content)[0]["Config"]
    content = members[name].content.replace(b"echo done", b"echo evil")
    assert refusal(tampered(members, name, content)).code == "digest"


@pytest.mark.parametrize("position", [0, 1, 2], ids=["manifest", "config", "layer"])
def test_a_changed_oci_blob_is_found(position: int) -> None:
    members = recipe().oci_members(compress_layers=False)
    name = [name for name in members if name.startswith("blobs/")][position]
    changed = members[name].content + (b" " if position < 2 else bytes(512))
    assert refusal(tampered(members, name, changed)).code == "digest"


def test_several_images_are_refused() -> None:
    members = recipe().docker_members()
    entry = json.loads(members["manifest.json"].content)
    data = tampered(members, "manifest.json", json.dumps(entry * 2).encode())
    error = refusal(data)
    assert error.code == "not_one_image"
    assert "2 images" in error.message


def test_attestations_of_buildx_do_not_count_as_images() -> None:
    members = recipe().oci_members()
    index = json.loads(members["index.json"].content)
    attestation = {
        "digest": "sha256:" + "0" * 64,
        "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
    }
    index["manifests"].append(attestation)
    data = tampered(members, "index.json", json.dumps(index).encode())
    assert inspect_archive(io.BytesIO(data)).format == "oci"
    index["manifests"].append(index["manifests"][0])
    data = tampered(members, "index.json", json.dumps(index).encode())
    assert refusal(data).code == "not_one_image"


def test_an_index_within_an_index_is_followed_once() -> None:
    members = recipe().oci_members()
    inner = members["index.json"].content
    descriptor = {"digest": f"sha256:{sha256(inner)}", "size": len(inner)}
    members[f"blobs/sha256/{sha256(inner)}"] = Entry(content=inner)
    members["index.json"] = Entry(content=json.dumps({"manifests": [descriptor]}).encode())
    assert inspect_archive(io.BytesIO(pack(members))).format == "oci"


@pytest.mark.parametrize(
    "entry",
    [
        ("../outside", Entry(content=b"x")),
        ("/absolute", Entry(content=b"x")),
        ("a/../../outside", Entry(content=b"x")),
        ("link", symlink("/etc/passwd")),
        ("x/layer.tar", symlink("../../etc/layer.tar")),
        ("x/layer.tar", symlink("/etc/passwd")),
        ("hard", Entry(kind=tarfile.LNKTYPE, link="manifest.json")),
        ("pipe", Entry(kind=tarfile.FIFOTYPE)),
        ("device", Entry(kind=tarfile.CHRTYPE)),
        ("disk", Entry(kind=tarfile.BLKTYPE)),
        ("line\nbreak", Entry(content=b"x")),
    ],
)
def test_links_devices_and_traversal_are_refused(entry: tuple[str, Entry]) -> None:
    members = {**recipe().docker_members(), entry[0]: entry[1]}
    assert refusal(pack(members)).code == "broken"


def test_a_name_that_occurs_twice_is_refused() -> None:
    members = recipe().docker_archive().rstrip(b"\0")
    members += bytes(-len(members) % 512)
    again = pack({"manifest.json": Entry(content=b"[]")})
    assert refusal(members + again).code == "broken"


def test_a_layer_stored_once_and_linked_twice_is_accepted() -> None:
    """Engines before 25 save a repeated layer as a link to the first one."""
    image = recipe(layers=[base_layer(), {"a": Entry()}, {"a": Entry()}])
    members = image.docker_members()
    manifest = json.loads(members["manifest.json"].content)
    first = manifest[0]["Layers"][1]
    manifest[0]["Layers"][2] = "again/layer.tar"
    members["again/layer.tar"] = symlink(f"../{first}")
    members["manifest.json"] = Entry(content=json.dumps(manifest).encode())
    assert len(inspect_archive(io.BytesIO(pack(members))).layers) == 3


@pytest.mark.parametrize("config", ["../../etc/passwd", "/etc/passwd", 7, None, "missing.json"])
def test_a_manifest_that_points_elsewhere_is_refused(config: object) -> None:
    members = recipe().docker_members()
    manifest = json.loads(members["manifest.json"].content)
    manifest[0]["Config"] = config
    data = tampered(members, "manifest.json", json.dumps(manifest).encode())
    assert refusal(data).code == "broken"


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"\x1f\x8b broken", b"\xfd7zXZ\x00 broken", b"\0" * 700, b"PK\x03\x04" * 300],
    ids=["empty", "text", "gzip", "xz", "zeros", "zip"],
)
def test_other_files_are_refused(data: bytes) -> None:
    assert refusal(data).code in {"unreadable", "not_an_image"}


def test_a_cut_archive_is_refused() -> None:
    data = recipe().docker_archive()
    assert refusal(data[: len(data) // 2]).code == "unreadable"
    packed = gzip.compress(data, 1)
    assert refusal(packed[: len(packed) // 2]).code == "unreadable"


@pytest.mark.parametrize(("magic", "name"), [(b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh9", "bzip2")])
def test_other_compressions_are_named(magic: bytes, name: str) -> None:
    error = refusal(magic + bytes(2000))
    assert error.code == "compression"
    assert name in error.message


def test_an_exported_file_system_is_told_apart_from_an_image() -> None:
    error = refusal(pack(base_layer()))
    assert error.code == "not_an_image"
    assert "docker export" in error.advice


def test_a_decompression_bomb_is_refused_by_its_ratio() -> None:
    members = {"layer.tar": Entry(content=bytes(200 * 1024 * 1024))}
    bomb = gzip.compress(pack(members), 6)
    assert len(bomb) < 1024 * 1024
    error = refusal(bomb)
    assert error.code == "unpacks_too_large"
    assert "200 times" in error.message


def test_a_bomb_inside_a_compressed_layer_is_refused() -> None:
    layer = gzip.compress(pack({"zeros": Entry(content=bytes(200 * 1024 * 1024))}), 6)
    assert refusal(pack({"blobs/sha256/aa": Entry(content=layer)})).code == "unpacks_too_large"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (ArchiveLimits(archive_bytes=1000), "too_large"),
        (ArchiveLimits(unpacked_bytes=1000), "unpacks_too_large"),
        (ArchiveLimits(members=2), "too_many_entries"),
        (ArchiveLimits(layer_entries=2), "too_many_entries"),
        (ArchiveLimits(document_bytes=20), "broken"),
        (ArchiveLimits(layers=1), "too_many_layers"),
    ],
)
def test_every_bound_of_the_archive_holds(limits: ArchiveLimits, code: str) -> None:
    image = recipe(layers=[base_layer(), {"a": Entry()}])
    assert inspect_archive(io.BytesIO(image.docker_archive())).image_id == image.image_id()
    assert refusal(image.docker_archive(), limits).code == code


def test_a_header_that_asks_for_gigabytes_is_refused_before_it_is_read() -> None:
    info = tarfile.TarInfo("./PaxHeaders/x")
    info.type, info.size = tarfile.XHDTYPE, 8 * 1024**3
    assert refusal(info.tobuf() + bytes(4096)).code == "unreadable"


def test_deeply_nested_documents_are_refused() -> None:
    assert refusal(pack({"manifest.json": Entry(content=b"[" * 100_000)})).code == "broken"


@pytest.mark.parametrize("oci", [False, True], ids=["docker", "oci"])
def test_the_engine_gets_the_image_without_its_names(tmp_path: Path, oci: bool) -> None:
    image = recipe(tags=["library/someone-else:latest"])
    path = image.write(tmp_path / "image.tar.gz", oci=oci, compression="gzip")
    manifest = inspect_archive(path)
    stripped = b"".join(untagged_archive(path, manifest))
    assert b"someone-else" not in stripped
    again = inspect_archive(io.BytesIO(stripped))
    assert (again.image_id, again.diff_ids) == (manifest.image_id, manifest.diff_ids)
    with tarfile.open(fileobj=io.BytesIO(stripped)) as tar:
        content = tar.extractfile("manifest.json")
        assert content is not None
        assert json.load(content)[0]["RepoTags"] is None
