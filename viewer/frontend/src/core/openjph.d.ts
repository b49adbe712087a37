declare module "@cornerstonejs/codec-openjph/wasmjs" {
  export interface HTJ2KDecoder {
    /** Memory of the decoder to write the codestream into. */
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    /** Leaves out `level` resolutions; 0 is the full picture. */
    decodeSubResolution(level: number): void;
    /** A view into the decoder's memory, valid until the next call. */
    getDecodedBuffer(): Uint8Array;
  }
  export interface OpenJph {
    HTJ2KDecoder: new () => HTJ2KDecoder;
  }
  export interface OpenJphOptions {
    readonly wasmBinary?: Uint8Array;
    /** Makes an instance of a module that is compiled already; answers through `receive`. */
    readonly instantiateWasm?: (
      imports: WebAssembly.Imports,
      receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ) => object;
    readonly print?: (line: string) => void;
    readonly printErr?: (line: string) => void;
  }
  export default function factory(options?: OpenJphOptions): Promise<OpenJph>;
}
