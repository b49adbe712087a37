/** What is in a file, read before anything of it is sent. */
import { describe, expect, it } from "vitest";

import { attributeOf } from "../../app/uploads/frontend/preview/attributes";
import { formatOf } from "../../app/uploads/frontend/preview/formats";
import { isDicom, NoPreview, readHeader, type HeaderRow } from "../../app/uploads/frontend/preview/header";
import { firstOfEachFolder } from "../../app/uploads/frontend/preview/pick";
import { shortened } from "../../app/uploads/frontend/preview/values";

const EXPLICIT = "1.2.840.10008.1.2.1";
const IMPLICIT = "1.2.840.10008.1.2";
const LONG = new Set(["SQ", "UN", "OB", "OW", "UT"]);

type Bytes = number[];

const bytesOf = (text: string): Bytes => [...new TextEncoder().encode(text)];
const u16 = (value: number): Bytes => [value & 255, (value >> 8) & 255];
const u32 = (value: number): Bytes => [...u16(value & 0xffff), ...u16(value >>> 16)];
const padded = (text: string): Bytes => bytesOf(text.length % 2 ? `${text} ` : text);

function explicit(tag: number, vr: string, value: Bytes, length = value.length): Bytes {
  const head = [...u16(tag >>> 16), ...u16(tag & 0xffff), ...bytesOf(vr)];
  return LONG.has(vr) ? [...head, 0, 0, ...u32(length), ...value] : [...head, ...u16(length), ...value];
}

function implicit(tag: number, value: Bytes, length = value.length): Bytes {
  return [...u16(tag >>> 16), ...u16(tag & 0xffff), ...u32(length), ...value];
}

function item(...elements: Bytes[]): Bytes {
  const body = elements.flat();
  return [...u16(0xfffe), ...u16(0xe000), ...u32(body.length), ...body];
}

function file(syntax: string, ...elements: Bytes[]): Uint8Array {
  const uid = explicit(0x00020010, "UI", bytesOf(syntax.length % 2 ? `${syntax}\0` : syntax));
  const meta = [...explicit(0x00020000, "UL", u32(uid.length)), ...uid];
  return Uint8Array.from([...Array<number>(128).fill(0), ...bytesOf("DICM"), ...meta, ...elements.flat()]);
}

function find(rows: HeaderRow[], tag: string): HeaderRow {
  const found = rows.find((row) => row.tag === tag);
  if (!found) throw new Error(`${tag} is not among ${rows.map((row) => row.tag).join(" ")}`);
  return found;
}

const NAME = explicit(0x00100010, "PN", padded("Doe^Jane"));
const ROWS = explicit(0x00280010, "US", u16(512));

describe("a header", () => {
  it("is listed with what happens to each attribute", () => {
    const bytes = file(EXPLICIT, explicit(0x00081030, "LO", padded("Knee")), NAME, ROWS);
    expect(isDicom(bytes)).toBe(true);
    const header = readHeader(bytes, bytes.length);
    expect(find(header.rows, "(0010,0010)")).toMatchObject({ name: "Patient's Name", value: "Doe^Jane", fate: "replaced" });
    expect(find(header.rows, "(0008,1030)").fate).toBe("removed");
    expect(find(header.rows, "(0028,0010)")).toMatchObject({ value: "512", fate: "kept" });
    expect(header.note).toBe("");
    expect(header.changed).toBe(header.rows.filter((row) => row.fate !== "kept").length);
  });

  it("is read without VRs, and without a preamble", () => {
    const body = [implicit(0x00100010, padded("Doe^Jane")), implicit(0x00280010, u16(512))];
    const withPreamble = file(IMPLICIT, ...body);
    expect(find(readHeader(withPreamble, 0).rows, "(0028,0010)").value).toBe("512");
    const bare = Uint8Array.from([...implicit(0x00080060, padded("CT")), ...body.flat()]);
    expect(isDicom(bare)).toBe(true);
    expect(find(readHeader(bare, 0).rows, "(0010,0010)").value).toBe("Doe^Jane");
  });

  it("shows sequences with their items, and counts what is in them", () => {
    const nested = explicit(0x00081140, "SQ", item(explicit(0x00081155, "UI", padded("1.2.3")), NAME));
    const row = find(readHeader(file(EXPLICIT, nested), 0).rows, "(0008,1140)");
    expect(row.value).toBe("1 item");
    expect(row.items[0]?.map(({ tag }) => tag)).toEqual(["(0008,1155)", "(0010,0010)"]);
  });

  it("says that private attributes go, and shows what can be read of them", () => {
    const creator = explicit(0x00290010, "LO", padded("ACME"));
    const secret = explicit(0x00291001, "UN", bytesOf("Jane Doe"));
    const blob = explicit(0x00291002, "OB", [1, 2, 3, 4]);
    const { rows } = readHeader(file(EXPLICIT, creator, secret, blob), 0);
    expect(find(rows, "(0029,1001)")).toMatchObject({ value: "Jane Doe", fate: "removed" });
    expect(find(rows, "(0029,1002)").value).toBe("4 bytes");
  });

  it("reads names in the character set of the file", () => {
    const charset = explicit(0x00080005, "CS", padded("ISO_IR 192"));
    const { rows } = readHeader(file(EXPLICIT, charset, explicit(0x00100010, "PN", padded("Äöü^É"))), 0);
    expect(find(rows, "(0010,0010)").value).toBe("Äöü^É");
    const latin = [0xc4, 0x5e, 0x4a, 0x20];
    expect(find(readHeader(file(EXPLICIT, explicit(0x00100010, "PN", latin)), 0).rows, "(0010,0010)").value).toBe("Ä^J");
  });

  it("stops before the pixels", () => {
    const pixels = explicit(0x7fe00010, "OW", [], 0x7ffffffe);
    const { rows, note } = readHeader(file(EXPLICIT, NAME, pixels), 10_000_000);
    expect(rows.map(({ tag }) => tag)).not.toContain("(7fe0,0010)");
    expect(note).toBe("");
  });
});

describe("a file that is not as it should be", () => {
  it("is said to be compressed, or in the old byte order", () => {
    expect(() => readHeader(file("1.2.840.10008.1.2.1.99", [1, 2, 3]), 0)).toThrow("compressed as a whole");
    expect(() => readHeader(file("1.2.840.10008.1.2.2", [1, 2, 3]), 0)).toThrow(NoPreview);
  });

  it("is shown as far as it goes when it breaks off", () => {
    const whole = file(EXPLICIT, NAME, explicit(0x00104000, "LT", padded("a comment that goes on")));
    const cut = whole.subarray(0, whole.length - 8);
    const header = readHeader(cut, cut.length);
    expect(find(header.rows, "(0010,0010)").value).toBe("Doe^Jane");
    expect(header.note).toContain("damaged or incomplete");
    expect(readHeader(cut, 10_000).note).toContain("beginning of the file");
  });

  it("survives lengths that point far beyond it, and nothing at all", () => {
    const lie = explicit(0x00091001, "UN", [1, 2], 0xfffffff0);
    expect(find(readHeader(file(EXPLICIT, NAME, lie), 0).rows, "(0010,0010)").value).toBe("Doe^Jane");
    expect(() => readHeader(Uint8Array.from([...Array<number>(128).fill(0), ...bytesOf("DICM")]), 132)).toThrow(NoPreview);
    expect(isDicom(new Uint8Array())).toBe(false);
  });

  it("nested without end is not followed without end", () => {
    let nested: Bytes = NAME;
    for (let depth = 0; depth < 400; depth += 1) nested = explicit(0x00081140, "SQ", item(nested));
    expect(readHeader(file(EXPLICIT, nested), 0).count).toBeLessThan(40);
    const opening = [...explicit(0x00081140, "SQ", [], 0xffffffff), ...u16(0xfffe), ...u16(0xe000), ...u32(0xffffffff)];
    const endless = file(EXPLICIT, ...Array<Bytes>(12_000).fill(opening));
    expect(() => readHeader(endless, 0)).toThrow(NoPreview);
  });

  it("of random bytes never does more than say no", () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) & 255;
    const model = file(EXPLICIT, NAME, ROWS, explicit(0x00081140, "SQ", item(NAME)));
    for (let round = 0; round < 500; round += 1) {
      const bytes = model.map((byte) => (random() < 20 ? random() : byte));
      bytes.set(bytesOf("DICM"), 128);
      try {
        readHeader(bytes, bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(NoPreview);
      }
    }
  });
});

describe("values", () => {
  it("are cut, and hide no direction marks", () => {
    expect(shortened("x".repeat(500))).toHaveLength(201);
    expect(shortened("a\u202eb\u0007c\r\nd")).toBe("a b c d");
  });
});

describe("what the portal does", () => {
  it("follows the options of a profile", () => {
    expect(attributeOf("00100040").fate).toBe("replaced");
    expect(attributeOf("00100040", ["retain_patient_characteristics"]).fate).toBe("kept");
    expect(attributeOf("00081030", ["clean_descriptors"]).fate).toBe("replaced");
  });

  it("is to remove what nobody knows, overlays and curves", () => {
    expect(attributeOf("00084321")).toMatchObject({ name: "Unknown attribute", fate: "removed" });
    expect(attributeOf("60023000")).toMatchObject({ name: "Overlay Data", fate: "removed" });
    expect(attributeOf("00091001").fate).toBe("removed");
  });
});

describe("other formats", () => {
  const exif = (tag: number): Bytes => [...bytesOf("II"), 42, 0, ...u32(8), ...u16(1), ...u16(tag), ...u16(4), ...u32(1), ...u32(0)];

  it("are named, with the place that a picture tells", () => {
    const jpeg = (tag: number): Uint8Array =>
      Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, 40, ...bytesOf("Exif"), 0, 0, ...exif(tag), 0, 0, 0, 0]);
    expect(formatOf(jpeg(0x8825), "a.jpg")).toContain("GPS");
    expect(formatOf(jpeg(0x010f), "a.jpg")).toBe("This is a JPEG picture.");
    expect(formatOf(Uint8Array.from(exif(0x8825)), "a.tif")).toContain("GPS");
    const nifti = new Uint8Array(352);
    nifti.set(bytesOf("n+1"), 344);
    expect(formatOf(nifti, "a.nii")).toContain("NIfTI");
    expect(formatOf(Uint8Array.from(bytesOf("PK\u0003\u0004")), "a.zip")).toContain("zip");
    expect(formatOf(Uint8Array.from(bytesOf("NDims = 3\nObjectType = Image")), "a.mhd")).toContain("MetaImage");
    expect(formatOf(new Uint8Array(), "a")).toContain("not a format");
  });
});

describe("of thousands of files", () => {
  it("the first of every folder is looked into", () => {
    const paths = ["a/1", "a/2", "b/1", "c", "d", "a/3"];
    const picked = firstOfEachFolder(paths, (path) => path);
    expect(picked.map(({ path, files }) => [path, files])).toEqual([["a/1", 3], ["b/1", 1], ["c", 2]]);
  });
});
