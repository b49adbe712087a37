"""The wire protocol: shared vectors, round trips, and every malformed message refused."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.viewer import samples
from tests.viewer.samples import as_json
from viewer import protocol as p

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
U8, U16, U32 = st.integers(0, 255), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
ITEMS = st.builds(p.WantItem, U8, U8, U16, U8, U8, U8)
CLIENT = st.one_of(
    st.just(p.Open()),
    st.just(p.Keepalive()),
    st.builds(p.Drop, U32),
    st.builds(p.Ack, st.integers(0, 2**64 - 1)),
    st.builds(p.Want, U32, st.lists(ITEMS, max_size=50).map(tuple)),
)


@st.composite
def metas(draw: st.DrawFn) -> p.Meta:
    """A META with some layers and fitting cut points."""
    layers, cuts = [], []
    for _ in range(draw(st.integers(0, 3))):
        depth, times, levels = (draw(st.integers(1, top)) for top in (5, 3, 6))
        name = draw(st.text(max_size=20))
        layers.append({"size": [4, 4, depth], "timepoints": times, "levels": levels, "name": name})
        row = st.tuples(*[U32] * levels)
        cuts.append(draw(st.lists(row, min_size=depth * times, max_size=depth * times)))
    return p.Meta({"version": 2, "layers": layers}, cuts)


@st.composite
def cuts(draw: st.DrawFn) -> p.Cuts:
    """Cut points of some slices."""
    row = st.tuples(*[U32] * draw(st.integers(1, 6)))
    return p.Cuts(draw(U8), draw(U16), draw(st.lists(row, min_size=1, max_size=5)))


SERVER = st.one_of(
    metas(),
    cuts(),
    st.builds(p.Frag, U32, U8, U8, U16, U8, U8, st.binary(max_size=200)),
    st.builds(p.Done, U32),
    st.builds(p.ErrorText, U16, st.text()),
    st.builds(p.State, st.booleans(), st.text()),
)


def decode(side: str, data: bytes) -> p.ClientMessage | p.ServerMessage:
    return p.decode_client(data) if side == "client" else p.decode_server(data)


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda v: v["name"])
def test_vectors_decode_and_encode(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    message = decode(vector["side"], data)
    assert as_json(message) == vector["message"]
    assert p.encode(message) == data


@pytest.mark.parametrize("vector", VECTORS["malformed"], ids=lambda v: f"{v['side']}-{v['name']}")
def test_malformed_vectors_are_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(p.ProtocolError) as caught:
        decode(vector["side"], bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["error"]
    assert caught.value.message.endswith(".")


def test_vectors_cover_every_message() -> None:
    kinds = {bytes.fromhex(v["hex"])[0] for v in VECTORS["messages"]}
    assert kinds == {int(t) for t in p.Type}


def test_the_samples_for_the_browser_are_those_of_this_codec() -> None:
    kept = json.loads(samples.KEPT.read_text(encoding="ascii"))
    assert kept == samples.made(samples.COUNT, samples.SEED), "python -m tests.viewer.samples"
    for sample in kept["sound"]:
        message = decode(sample["side"], bytes.fromhex(sample["hex"]))
        assert as_json(message) == sample["message"]


@given(message=CLIENT)
def test_client_messages_survive(message: p.ClientMessage) -> None:
    assert p.decode_client(p.encode(message)) == message


@given(message=SERVER)
def test_server_messages_survive(message: p.ServerMessage) -> None:
    again = p.decode_server(p.encode(message))
    assert as_json(again) == as_json(message)


@given(message=CLIENT, data=st.data())
def test_a_changed_length_is_never_accepted_silently(
    message: p.ClientMessage, data: st.DataObject
) -> None:
    encoded = p.encode(message)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    for changed in (encoded[:cut], encoded + b"\0"):
        with pytest.raises(p.ProtocolError) as caught:
            p.decode_client(changed)
        assert caught.value.close_code in (p.CloseCode.MALFORMED, p.CloseCode.FLOODING)


@given(data=st.binary(max_size=64))
def test_noise_is_a_message_or_a_protocol_error(data: bytes) -> None:
    for side in ("client", "server"):
        try:
            message = decode(side, data)
        except p.ProtocolError:
            continue
        if not isinstance(message, p.Meta):
            assert p.encode(message) == data


@given(message=st.one_of(CLIENT, SERVER), data=st.data())
def test_a_changed_message_is_a_message_or_a_protocol_error(
    message: p.ClientMessage | p.ServerMessage, data: st.DataObject
) -> None:
    body = bytearray(p.encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        removed = data.draw(st.integers(0, 5))
        body[at : at + removed] = data.draw(st.binary(max_size=5))
    for side in ("client", "server"):
        with suppress(p.ProtocolError):
            decode(side, bytes(body))


@given(payload=st.binary(min_size=1, max_size=50), bit=st.integers(0, 7), data=st.data())
def test_a_flipped_bit_in_a_fragment_is_noticed(
    payload: bytes, bit: int, data: st.DataObject
) -> None:
    encoded = bytearray(p.encode(p.Frag(1, 0, 0, 0, p.NO_LEVEL, 0, payload)))
    index = data.draw(st.integers(len(encoded) - len(payload), len(encoded) - 1))
    encoded[index] ^= 1 << bit
    with pytest.raises(p.ProtocolError):
        p.decode_server(bytes(encoded))


def test_a_want_has_a_largest_size() -> None:
    items = (p.WantItem(0, 0, 0, p.NO_LEVEL, 0, 0),) * p.MAX_WANT_ITEMS
    data = p.encode(p.Want(1, items))
    assert len(data) == p.MAX_CLIENT_MESSAGE
    assert p.decode_client(data) == p.Want(1, items)
    with pytest.raises(p.ProtocolError):
        p.encode(p.Want(1, (*items, items[0])))
    with pytest.raises(p.ProtocolError) as caught:
        p.decode_client(data + bytes(7))
    assert caught.value.close_code == p.CloseCode.FLOODING


def test_every_error_has_a_close_code() -> None:
    assert {p.ProtocolError(code, "").close_code for code in p.ErrorCode} <= set(p.CloseCode)
