"""The table of PS3.15 against two other listings: dicom-anonymizer (2026c), dicom-standard (2020).

Both are installed into an environment of its own. Basic actions have to be those of the same
edition; the options, which only the older listing has, those of 2020 but for known changes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from app.images.deidentify.rules import table

PACKAGES = ("dicom-anonymizer==2.1.0", "dicom-standard==0.1.0")
THEIRS = """
import json, sys
from pathlib import Path
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as fields
lists = {"D": "D", "Z": "Z", "X": "X", "U": "U", "Z_D": "Z/D", "X_Z": "X/Z", "X_D": "X/D",
         "X_Z_D": "X/Z/D", "X_Z_U_STAR": "X/Z/U*"}
groups = {0x5000: "50xxxxxx", 0x6000: "60xx"}
def name(tag):
    if len(tag) == 2:
        return "%04x%04x" % tag
    return groups[tag[0]] if tag[0] == 0x5000 else groups[tag[0]] + "%04x" % tag[1]
basic = {name(tag): action for key, action in lists.items()
         for tag in getattr(fields, key + "_TAGS")}
older = json.loads((Path(sys.prefix) / "standard" /
                    "confidentiality_profile_attributes.json").read_text())
print(json.dumps({"basic": basic, "older": older}))
"""
COLUMNS = {
    "basicProfile": "basic",
    "rtnSafePrivOpt": "retain_safe_private",
    "rtnUIDsOpt": "retain_uids",
    "rtnDevIdOpt": "retain_device_identity",
    "rtnInstIdOpt": "retain_institution_identity",
    "rtnPatCharsOpt": "retain_patient_characteristics",
    "rtnLongFullDatesOpt": "retain_full_dates",
    "rtnLongModifDatesOpt": "retain_modified_dates",
    "cleanDescOpt": "clean_descriptors",
    "cleanStructContOpt": "clean_structured_content",
    "cleanGraphOpt": "clean_graphics",
}
CHANGED_SINCE_2020 = {
    ("00100020", "basic"),
    ("30080105", "basic"),
    ("300a00b2", "basic"),
    ("30100077", "basic"),
    ("00081120", "retain_uids"),
    ("00203401", "retain_device_identity"),
    ("00400241", "retain_device_identity"),
    ("00400001", "retain_device_identity"),
    ("00321021", "retain_device_identity"),
}
"""Tag and column; each was looked up in the edition of 2026."""


def run(record: dict[str, Any]) -> None:
    """Compare and keep every difference."""
    with tempfile.TemporaryDirectory(prefix="hounsfield-table-") as scratch:
        theirs = _theirs(Path(scratch) / "venv")
    ours = {row["tag"]: row for row in table()}
    record["rows"] = {
        "ours": len(ours),
        "dicom-anonymizer 2026c": len(theirs["basic"]),
        "dicom-standard 2020": len(theirs["older"]),
    }
    same_edition = {
        tag: [ours.get(tag, {}).get("basic"), action]
        for tag, action in theirs["basic"].items()
        if ours.get(tag, {}).get("basic") != action
    }
    alone = sorted(ours.keys() - theirs["basic"].keys() - {"private"})
    since = _since(ours, theirs["older"])
    record["basic actions that differ in the same edition"] = same_edition
    record["rows that the same edition does not have"] = alone
    record["changed since 2020 [then, now]"] = {f"{t} {c}": v for (t, c), v in since.items()}
    if same_edition or alone or since.keys() != CHANGED_SINCE_2020:
        raise AssertionError("the tables differ in more than what is known")


def _since(
    ours: dict[str, dict[str, str]], older: list[dict[str, str]]
) -> dict[tuple[str, str], list[str]]:
    found = {}
    for row in older:
        mine = ours.get("private" if row["id"].startswith("gggg") else row["id"], {})
        for theirs, column in COLUMNS.items():
            then, now = row.get(theirs, ""), mine.get(column, "")
            if then != now:
                found[row["id"], column] = [then, now]
    return found


def _theirs(folder: Path) -> dict[str, Any]:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, PACKAGES[0]], check=True)
    subprocess.run([*pip, "--no-deps", PACKAGES[1]], check=True)
    done = subprocess.run([python, "-c", THEIRS], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
