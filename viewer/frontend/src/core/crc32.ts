/** CRC-32 as in zlib and PNG (polynomial 0xEDB88320, reflected), eight bytes at a time. */

const STRIDE = 8;

/** Table `n` (256 entries each) holds what a byte comes to with `n` bytes of zeros behind it. Signed: all of it fits in 32 bits. */
const TABLES = tables();

function tables(): Int32Array {
  const out = new Int32Array(STRIDE * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    out[byte] = value;
  }
  for (let at = 256; at < out.length; at += 1) {
    const before = out[at - 256] as number;
    out[at] = (before >>> 8) ^ (out[before & 0xff] as number);
  }
  return out;
}

export function crc32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const eights = bytes.length - (bytes.length % STRIDE);
  let crc = -1;
  for (let at = 0; at < eights; at += STRIDE) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc = folded(low, 1024) ^ folded(high, 0);
  }
  for (let at = eights; at < bytes.length; at += 1) {
    crc = (crc >>> 8) ^ (TABLES[(crc ^ (bytes[at] as number)) & 0xff] as number);
  }
  return ~crc >>> 0;
}

/** Four bytes by four tables; the first byte has most zeros behind it. */
function folded(word: number, from: number): number {
  return (
    (TABLES[from + 768 + (word & 0xff)] as number) ^
    (TABLES[from + 512 + ((word >>> 8) & 0xff)] as number) ^
    (TABLES[from + 256 + ((word >>> 16) & 0xff)] as number) ^
    (TABLES[from + (word >>> 24)] as number)
  );
}
