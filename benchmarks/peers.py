"""Other converters as commands: each reads a folder of DICOM and writes into another folder."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from app.images.conversion.child import child_environment

ROOT = Path(__file__).resolve().parents[1]
_VENV = ROOT / "build" / "bench-venv"
_REQUIREMENTS = ROOT / "requirements" / "bench.txt"

_PANIMG = """
import sys
from pathlib import Path
from panimg import convert
result = convert(input_directory=Path(sys.argv[1]), output_directory=Path(sys.argv[2]))
sys.exit(0 if len(result.new_images) == 1 else 1)
"""
_SIMPLEITK = """
import sys
import SimpleITK as sitk
names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(sys.argv[1])
reader = sitk.ImageSeriesReader()
reader.SetFileNames(names)
sitk.WriteImage(reader.Execute(), sys.argv[2] + "/image.mha", useCompression=True)
"""

Command = list[str]


def ours(source: Path, target: Path) -> Command:
    """The process the portal starts for every import, with the environment it gives it."""
    environment = [f"{name}={value}" for name, value in child_environment().items()]
    module = [sys.executable, "-m", "app.images.conversion"]
    return ["env", "-i", *environment, *module, "--input", str(source), "--output", str(target)]


def simpleitk(source: Path, target: Path) -> Command:
    """SimpleITK's series reader (GDCM) and its compressed writer."""
    return [sys.executable, "-c", _SIMPLEITK, str(source), str(target)]


def panimg(source: Path, target: Path) -> Command:
    """What grand-challenge.org runs, in an environment of its own."""
    return [str(_VENV / "bin" / "python"), "-c", _PANIMG, str(source), str(target)]


def dcm2niix(source: Path, target: Path) -> Command:
    """The C++ converter to NIfTI, at its fastest compression."""
    return ["dcm2niix", "-z", "y", "-1", "-b", "n", "-f", "image", "-o", str(target), str(source)]


def install_panimg() -> None:
    """Bring the environment up to requirements/bench.txt; nothing is done when it is."""
    digest = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    stamp = _VENV / ".installed"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("Installing panimg into build/bench-venv …", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(_VENV)], check=True)
    pip = [str(_VENV / "bin" / "python"), "-m", "pip", "install", "-qq"]
    subprocess.run(
        [*pip, "--disable-pip-version-check", "--require-hashes", "-r", str(_REQUIREMENTS)],
        check=True,
    )
    stamp.write_text(digest)


def versions() -> dict[str, str]:
    """Return what is compared, by version; dcm2niix is left out, loudly, where it is missing."""
    asked = "import importlib.metadata as m; print(m.version('{}'))"
    found = {
        "panimg": _said([str(_VENV / "bin" / "python"), "-c", asked.format("panimg")]),
        "SimpleITK": _said([sys.executable, "-c", asked.format("SimpleITK")]),
    }
    if shutil.which("dcm2niix"):
        found["dcm2niix"] = _said(["dcm2niix", "--version"]).splitlines()[-1]
    else:
        print("!! dcm2niix is not installed and is LEFT OUT: apt-get install dcm2niix !!")
    return found


def _said(command: Command) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
