/** The HTJ2K decoder, which reports what is wrong with a slice on its console only: here it is an error. */

import type { HTJ2KDecoder, OpenJph, OpenJphOptions } from "@cornerstonejs/codec-openjph/wasmjs";

type Factory = (options: OpenJphOptions) => Promise<OpenJph>;

export class Htj2k {
  private readonly decoder: HTJ2KDecoder;
  private readonly complaints: string[];

  private constructor(decoder: HTJ2KDecoder, complaints: string[]) {
    this.decoder = decoder;
    this.complaints = complaints;
  }

  static async create(factory: Factory, options: OpenJphOptions): Promise<Htj2k> {
    const complaints: string[] = [];
    const say = (line: string): void => { complaints.push(line); };
    const { HTJ2KDecoder } = await factory({ ...options, print: say, printErr: say });
    return new Htj2k(new HTJ2KDecoder(), complaints);
  }

  /**
   * Leaves out `reduce` resolutions. The returned view points into the decoder's memory: copy it before the next call.
   * After an error the memory still holds the slice before, and may hold anything: do not use this decoder again.
   */
  decode(bytes: Uint8Array, reduce: number): Uint8Array {
    this.complaints.length = 0;
    this.decoder.getEncodedBuffer(bytes.length).set(bytes);
    if (reduce === 0) this.decoder.decode();
    else this.decoder.decodeSubResolution(reduce);
    const error = this.complaints.find((line) => line.includes("error"));
    if (error !== undefined) throw new Error(error);
    return this.decoder.getDecodedBuffer();
  }
}
