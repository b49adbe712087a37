/** What a file looks like that is not DICOM, and whether it tells where it was made. */

const NIFTI_AT = 344;
const TAR_AT = 257;
const GPS = 0x8825;

/** A sentence about the file by its first bytes. */
export function formatOf(bytes: Uint8Array, name: string): string {
  const lower = name.toLowerCase();
  if (text(bytes, 1, 3) === "PNG") return picture("PNG", pngHasGps(bytes));
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return picture("JPEG", jpegHasGps(bytes));
  if (isTiff(bytes, 0)) return picture("TIFF", tiffHasGps(bytes, 0));
  if (["n+1", "ni1", "n+2", "ni2"].includes(text(bytes, NIFTI_AT, 3)) || text(bytes, 4, 3) === "n+2") {
    return "This looks like NIfTI. Its comments are removed when it is imported.";
  }
  if (text(bytes, 0, 4) === "NRRD") return "This looks like NRRD. Its comments are removed when it is imported.";
  if (/^\s*ObjectType\s*=/m.test(text(bytes, 0, 512))) {
    return "This looks like MetaImage. Its comments are removed when it is imported.";
  }
  if (text(bytes, 0, 2) === "PK") return packed("zip");
  if (text(bytes, TAR_AT, 5) === "ustar") return packed("tar");
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    return lower.endsWith(".nii.gz") ? "This looks like compressed NIfTI. Its comments are removed when it is imported." : packed("compressed");
  }
  return "This is not a format that can be looked into here.";
}

/** Whether a block of EXIF (a TIFF of its own) has a pointer to a place. */
export function tiffHasGps(bytes: Uint8Array, start: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[start] === 0x49;
  try {
    const at = start + view.getUint32(start + 4, little);
    const count = Math.min(view.getUint16(at, little), 512);
    for (let entry = 0; entry < count; entry += 1) {
      if (view.getUint16(at + 2 + 12 * entry, little) === GPS) return true;
    }
  } catch {
    // Breaks off, or points elsewhere: nothing to be seen here.
  }
  return false;
}

function picture(kind: string, hasGps: boolean): string {
  const place = hasGps ? " It says where it was taken (GPS); the portal removes that when it imports." : "";
  return `This is a ${kind} picture.${place}`;
}

function packed(kind: string): string {
  return `This is a ${kind} archive. What is inside can only be looked at after it was unpacked.`;
}

function jpegHasGps(bytes: Uint8Array): boolean {
  let at = 2;
  while (at + 10 < bytes.length && bytes[at] === 0xff) {
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const isExif = bytes[at + 1] === 0xe1 && text(bytes, at + 4, 4) === "Exif";
    if (isExif) return isTiff(bytes, at + 10) && tiffHasGps(bytes, at + 10);
    if (bytes[at + 1] === 0xda || length < 2) return false;
    at += 2 + length;
  }
  return false;
}

function pngHasGps(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 8;
  while (at + 12 < bytes.length) {
    const length = view.getUint32(at);
    if (text(bytes, at + 4, 4) === "eXIf") return isTiff(bytes, at + 8) && tiffHasGps(bytes, at + 8);
    at += 12 + length;
  }
  return false;
}

function isTiff(bytes: Uint8Array, at: number): boolean {
  const mark = text(bytes, at, 2);
  return (mark === "II" && bytes[at + 2] === 42) || (mark === "MM" && bytes[at + 3] === 42);
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
