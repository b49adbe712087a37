"""Reading back what Chromium printed: the number of pages, and their text.

No more of PDF than Chromium's own writer (Skia) uses: plain objects, fonts with ToUnicode tables.
"""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_CHAR = re.compile(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>")
_SHOWN = re.compile(rb"/F(\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>\s*Tj|\[([^\]]*)\]\s*TJ|\bET\b")


def pages_of(pdf: bytes) -> int:
    """Return the number of pages."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def text_of(pdf: bytes) -> str:
    """Return all text, pieces in the order of drawing, without spaces and line breaks."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    fonts = {
        number: _characters(_unpacked(objects[int(found[1])]))
        for number, body in objects.items()
        if (found := re.search(rb"/ToUnicode (\d+) 0 R", body))
    }
    streams = map(_unpacked, objects.values())
    return "".join(_shown(content, fonts) for content in streams if b" Tf" in content)


def _unpacked(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _characters(table: bytes) -> dict[bytes, str]:
    """Return characters by the hexadecimal digits that stand for them."""
    found: dict[bytes, str] = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        found |= {glyph.upper(): _text(code) for glyph, code in _CHAR.findall(part)}
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, code in _RANGE.findall(part):
            for step in range(int(last, 16) - int(first, 16) + 1):
                glyph = b"%0*X" % (len(first), int(first, 16) + step)
                found[glyph] = chr(int(code, 16) + step)
    return found


def _text(code: bytes) -> str:
    return bytes.fromhex(code.decode()).decode("utf-16-be", "replace")


def _shown(content: bytes, fonts: dict[int, dict[bytes, str]]) -> str:
    font: dict[bytes, str] = {}
    digits, text = 4, ""
    for found in _SHOWN.finditer(content):
        if found[1]:
            font = fonts.get(int(found[1]), {})
            digits = len(next(iter(font), b"0000"))
        shown = found[2] or b"".join(re.findall(rb"<([0-9A-Fa-f]+)>", found[3] or b""))
        glyphs = (shown[at : at + digits].upper() for at in range(0, len(shown), digits))
        text += "".join(font.get(glyph, "") for glyph in glyphs)
    return "".join(text.split())
