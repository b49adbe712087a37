"""`make requirements`: compile requirements/*.in to hashed *.txt without any index's address."""

import subprocess
import sys

from config.local.home import REPOSITORY

FOLDER = REPOSITORY / "requirements"
OPTIONS = (
    "--generate-hashes",
    "--allow-unsafe",
    "--strip-extras",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
    "--no-header",
    "--quiet",
)


def main(arguments: list[str]) -> int:
    """Compile base, then the others on top; further arguments go to pip-compile (--upgrade)."""
    for name in ("base", "dev", "bench"):
        print(f"Compiling requirements/{name}.txt …", flush=True)
        command = [sys.executable, "-m", "piptools", "compile", *OPTIONS, *arguments]
        output = ["--output-file", f"{name}.txt", f"{name}.in"]
        code = subprocess.call([*command, *output], cwd=FOLDER)
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
