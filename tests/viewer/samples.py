"""Messages made from a seed, to hold the server's codec and the browser's against each other.

    python -m tests.viewer.samples [--count 300] [--seed 1] [FILE]

writes them; `tests/frontend/codecs.test.ts` reads the file that is kept here, or the one that
``HOUNSFIELD_CODEC_SAMPLES`` names.
"""

import argparse
import json
import random
from pathlib import Path
from typing import Any

from isal import isal_zlib

from viewer import protocol as p

KEPT = Path(__file__).parent / "samples.json"
COUNT, SEED = 240, 20261127
JAVASCRIPT_SAFE = 2**53 - 1
_LETTERS = ["a", "Z", " ", "ø", "–", "\0", "\n", '"', "\\", "\U0001f9e0", "\ufeff", "\u2028", "é"]


def as_json(message: p.ClientMessage | p.ServerMessage) -> dict[str, Any]:
    """A message the way vectors.json writes it."""
    match message:
        case p.Open(version):
            return {"type": "open", "version": version}
        case p.Want(gen, items):
            return {"type": "want", "gen": gen, "items": [item._asdict() for item in items]}
        case p.Drop(gen):
            return {"type": "drop", "gen": gen}
        case p.Ack(received):
            return {"type": "ack", "received": received}
        case p.Keepalive():
            return {"type": "keepalive"}
        case p.Meta(info, cuts):
            listed = [[list(c) for c in layer] for layer in cuts]
            return {"type": "meta", "info": info, "cuts": listed}
        case p.Cuts(layer, first, cuts):
            return {"type": "cuts", "layer": layer, "first": first, "cuts": [list(c) for c in cuts]}
        case p.Done(gen):
            return {"type": "done", "gen": gen}
        case p.ErrorText(code, text):
            return {"type": "error", "code": code, "text": text}
        case p.State(ready, text):
            return {"type": "state", "ready": ready, "text": text}
        case p.Frag():
            fields = ("gen", "layer", "plane", "slice", "level_from", "level_to")
            body = {name: getattr(message, name) for name in fields}
            checksum = isal_zlib.crc32(message.payload)
            return {"type": "frag", **body, "crc32": checksum, "payload": message.payload.hex()}


def made(count: int, seed: int) -> dict[str, Any]:
    """Sound messages of both sides, and changed ones of the server."""
    rng = random.Random(seed)
    sound, changed = [], []
    for _ in range(count):
        side = rng.choice(["client", "server", "server"])
        message = _from_client(rng) if side == "client" else _from_server(rng)
        data = p.encode(message)
        sound.append({"side": side, "hex": data.hex(), "message": as_json(message)})
        if side == "server":
            changed.append(_changed(data, rng).hex())
    return {"sound": sound, "changed": changed}


def _number(rng: random.Random, bits: int) -> int:
    top = 2**bits - 1
    return rng.choice([0, 1, top, top // 2, top // 2 + 1, rng.randint(0, top)])


def _text(rng: random.Random) -> str:
    return "".join(rng.choices(_LETTERS, k=rng.randrange(12)))


def _from_client(rng: random.Random) -> p.ClientMessage:
    items = tuple(
        p.WantItem(*(_number(rng, bits) for bits in (8, 8, 16, 8, 8, 8)))
        for _ in range(rng.randrange(5))
    )
    return rng.choice(
        [
            p.Open(),
            p.Keepalive(),
            p.Drop(_number(rng, 32)),
            p.Ack(min(_number(rng, 53), JAVASCRIPT_SAFE)),
            p.Want(_number(rng, 32), items),
        ]
    )


def _from_server(rng: random.Random) -> p.ServerMessage:
    kind = rng.randrange(6)
    if kind == 0:
        return _meta(rng)
    if kind == 1:
        levels = rng.randint(1, 6)
        table = _table(rng, rng.randint(1, 4), levels)
        return p.Cuts(_number(rng, 8), _number(rng, 16), table)
    if kind == 2:
        head = (_number(rng, bits) for bits in (32, 8, 8, 16, 8, 8))
        return p.Frag(*head, payload=rng.randbytes(rng.randrange(40)))
    if kind == 3:
        return p.Done(_number(rng, 32))
    if kind == 4:
        return p.ErrorText(_number(rng, 16), _text(rng))
    return p.State(rng.random() < 0.5, _text(rng))


def _table(rng: random.Random, slices: int, levels: int) -> list[tuple[int, ...]]:
    return [tuple(_number(rng, 32) for _ in range(levels)) for _ in range(slices)]


def _meta(rng: random.Random) -> p.Meta:
    layers, cuts = [], []
    for _ in range(rng.randrange(1, 4)):
        depth, times, levels = (rng.randint(1, top) for top in (4, 3, 6))
        layers.append(
            {
                "name": _text(rng),
                "size": [rng.randint(1, 65535), rng.randint(1, 65535), depth],
                "timepoints": times,
                "levels": levels,
                "spacing": [rng.uniform(1e-3, 9), 0.5, 1e-7],
                "origin": [-1e300, 0.0, rng.uniform(-500, 500)],
                "direction": [1, 0, 0, 0, 1, 0, 0, 0, 1],
            }
        )
        cuts.append(_table(rng, depth * times, levels))
    return p.Meta({"version": p.VERSION, "title": _text(rng), "layers": layers}, cuts)


def _changed(data: bytes, rng: random.Random) -> bytes:
    body = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        kind, at = rng.randrange(4), rng.randrange(len(body) + 1)
        if kind == 0 and at < len(body):
            body[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del body[at:]
        elif kind == 2:
            body[at:at] = rng.randbytes(3)
        elif body:
            body[0] = rng.randrange(256)
    return bytes(body)


def main() -> None:
    """Write a file of samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("file", type=Path, nargs="?", default=KEPT)
    given = parser.parse_args()
    text = json.dumps(made(given.count, given.seed), ensure_ascii=True, indent=0)
    given.file.write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
