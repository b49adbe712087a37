"""How a container reads and writes a socket, in a few lines of Python."""

from app.sockets.models import Socket
from app.sockets.schemas import SuperKind

_READ_JSON = """import json
from pathlib import Path

value = json.loads(Path("/input/{path}").read_text())"""
_WRITE_JSON = """import json
from pathlib import Path

path = Path("/output/{path}")
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(value))"""
_READ_FILE = """from pathlib import Path

content = Path("/input/{path}").read_bytes()"""
_WRITE_FILE = """from pathlib import Path

path = Path("/output/{path}")
path.parent.mkdir(parents=True, exist_ok=True)
path.write_bytes(content)"""
_READ_IMAGE = """from pathlib import Path
import SimpleITK

folder = Path("/input/{path}")
file = next(path for path in folder.iterdir() if path.suffix in (".mha", ".tif"))
image = SimpleITK.ReadImage(str(file))"""
_WRITE_IMAGE = """from pathlib import Path
import SimpleITK

folder = Path("/output/{path}")
folder.mkdir(parents=True, exist_ok=True)
SimpleITK.WriteImage(image, str(folder / "output.mha"), useCompression=True)"""


def snippets(socket: Socket) -> list[tuple[str, str]]:
    """Return pairs of a heading and code; none for a socket without a path."""
    if not socket.relative_path:
        return []
    if socket.is_image:
        read, write = _READ_IMAGE, _WRITE_IMAGE
    elif socket.as_file or socket.super_kind is SuperKind.VALUE:
        read, write = _READ_JSON, _WRITE_JSON
    else:
        read, write = _READ_FILE, _WRITE_FILE
    path = socket.relative_path
    return [("Read it", read.format(path=path)), ("Write it", write.format(path=path))]
