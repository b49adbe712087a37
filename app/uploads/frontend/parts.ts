/** Uppy's S3 plug-in, spoken to through the portal's own upload API. */
import type { AwsS3Options, AwsS3Part, AwsS3UploadParameters } from "@uppy/aws-s3";

import * as api from "./api";
import { Batch } from "./batch";
import { fingerprint, type Memory } from "./memory";
import { filenameOf, PART_SIZE, partCount, partSizeFor, sizeOfPart, stretchOf } from "./plan";
import { Refusal, withRetries } from "./retry";
import { places, put } from "./send";
import { pathOf, type Arrived, type Item, type UploadIds, type UploadMeta } from "./types";

/** A part that the plug-in is told to send, with what is needed to sign it again. */
type Slip = AwsS3UploadParameters & {
  ids: UploadIds;
  number: number;
  /** Set where the part is there already. */
  etag?: string;
};

interface Sending {
  signature: AwsS3UploadParameters;
  body: Blob;
  onProgress: (event: { loaded: number; lengthComputable: boolean }) => void;
  onComplete: (etag: string) => void;
  signal?: AbortSignal;
}

interface Ids {
  uploadId?: string;
  key: string;
}

const OFTEN = 2 ** 20; // bytes above which a part reports how far it is
const KNOWN = "kept"; // receipt of a part that nobody needs to look at
const never = new AbortController().signal;

/** The callbacks of one upload control. `isKept` says whether a file is still in its list. */
export class Parts {
  private readonly memory: Memory;
  private readonly isKept: (item: Item) => boolean;
  private readonly addresses = new Map<string, Promise<Map<number, string>>>();
  private readonly stored = new Map<string, Map<number, api.StoredPart>>();
  /** Uploads that were complete before; small ones are believed until they are completed again. */
  private readonly complete = new Set<string>();
  /** Uploads that were opened while their file was being paused. */
  private readonly paused = new Map<string, UploadIds>();
  private readonly starts = new Batch((files: { filename: string; size: number }[]) =>
    api.startMany(files, never),
  );
  private readonly ends = new Batch((uploads: { pk: string; parts: api.Receipt[] }[]) =>
    api.finishMany(uploads, never),
  );

  constructor(memory: Memory, isKept: (item: Item) => boolean) {
    this.memory = memory;
    this.isKept = isKept;
  }

  /** The plug-in's options; it shall not try again by itself, since every callback here does. */
  options(limit: number): AwsS3Options<UploadMeta, Arrived> {
    return {
      shouldUseMultipart: true,
      limit,
      retryDelays: [],
      allowedMetaFields: false,
      getChunkSize: (file) => partSizeFor(file.size),
      createMultipartUpload: (item, signal?: AbortSignal) => this.open(item, signal ?? never),
      signPart: (item, part) => this.slip(item, part),
      uploadPartBytes: (sending) => this.send(sending as unknown as Sending),
      listParts: (item, { uploadId, key, signal }) =>
        this.list(item, { pk: key ?? "", multipartId: uploadId ?? "" }, signal ?? never),
      completeMultipartUpload: (item, options) => this.close(item, options),
      abortMultipartUpload: (item, { key }) => {
        this.giveUp(item, key ?? "");
      },
    } as AwsS3Options<UploadMeta, Arrived>;
  }

  private async open(item: Item, signal: AbortSignal): Promise<Required<Ids>> {
    const ids =
      this.paused.get(item.id) ?? (await this.resumed(item, signal)) ?? (await this.begun(item));
    this.paused.delete(item.id);
    if (signal.aborted && this.isKept(item)) this.paused.set(item.id, ids);
    else if (signal.aborted) api.remove(ids.pk);
    return { uploadId: ids.multipartId || KNOWN, key: ids.pk };
  }

  private async begun(item: Item): Promise<UploadIds> {
    const size = item.size ?? 0;
    const announced = { filename: filenameOf(pathOf(item)), size };
    if (size > PART_SIZE) {
      const ids = idsOf(await api.start(announced.filename, size, never));
      this.memory.remember(printOf(item), ids);
      return ids;
    }
    const upload = await this.starts.add(announced);
    const first = new Map([[1, upload.presigned_urls?.["1"] ?? ""]]);
    this.addresses.set(`${upload.pk}/1`, Promise.resolve(first));
    return idsOf(upload);
  }

  /** Find what an earlier visit or try had sent. */
  private async resumed(item: Item, signal: AbortSignal): Promise<UploadIds | null> {
    const print = printOf(item);
    const ids = this.memory.recall(print);
    if (!ids) return null;
    if (!ids.multipartId) {
      this.complete.add(ids.pk);
      return ids;
    }
    try {
      await this.look(item, ids, signal);
      return ids;
    } catch (error) {
      if (!(error instanceof Refusal) || error.isPassing) throw error;
      this.memory.forget(print);
      return null;
    }
  }

  /** Ask the server which parts it has. Raises a `Refusal` where the upload cannot go on. */
  private async look(item: Item, ids: UploadIds, signal: AbortSignal): Promise<void> {
    const upload = await api.show(ids.pk, signal);
    if (upload.status === "Completed") {
      this.complete.add(ids.pk);
      return;
    }
    if (upload.status !== "Initialized") throw new Refusal(409, "This upload was closed.");
    const parts = await api.listParts(ids, signal);
    const whole = parts.filter((part) => part.Size === sizeOfPart(item.size ?? 0, part.PartNumber));
    this.stored.set(ids.pk, new Map(whole.map((part) => [part.PartNumber, part])));
  }

  /** For a paused file that goes on: everything that need not be sent again. */
  private async list(item: Item, ids: UploadIds, signal: AbortSignal): Promise<AwsS3Part[]> {
    if (!this.complete.has(ids.pk)) await this.look(item, ids, signal);
    if (!this.complete.has(ids.pk)) return [...(this.stored.get(ids.pk)?.values() ?? [])];
    const count = partCount(item.size ?? 0);
    return Array.from({ length: count }, (_, at) => ({ PartNumber: at + 1, ETag: KNOWN }));
  }

  private async slip(
    item: Item,
    part: Ids & { partNumber: number; signal?: AbortSignal },
  ): Promise<Slip> {
    const ids = { pk: part.key, multipartId: part.uploadId ?? "" };
    const number = part.partNumber;
    const isThere = this.complete.has(ids.pk) || item.size === 0;
    const etag = isThere ? KNOWN : this.stored.get(ids.pk)?.get(number)?.ETag;
    const slip: Slip = { method: "PUT", url: "", ids, number };
    if (etag) return { ...slip, etag };
    return { ...slip, url: await this.address(item, ids, number, part.signal ?? never) };
  }

  private async address(
    item: Item,
    ids: UploadIds,
    number: number,
    signal: AbortSignal,
  ): Promise<string> {
    const numbers = stretchOf(number, partCount(item.size ?? 0));
    const key = `${ids.pk}/${String(numbers[0])}`;
    let asked = this.addresses.get(key);
    if (!asked) {
      asked = api.sign(ids, numbers, signal);
      this.addresses.set(key, asked);
      asked.catch(() => this.addresses.delete(key));
    }
    return (await asked).get(number) ?? "";
  }

  /** Send a part, with a new address where the old one has expired. */
  private async send({ signature, body, ...tell }: Sending): Promise<{ ETag: string }> {
    const slip = signature as Slip;
    const signal = tell.signal ?? never;
    const etag = slip.etag ?? (await places.use(() => this.sent(slip, body, tell), signal));
    tell.onProgress({ loaded: body.size, lengthComputable: true });
    tell.onComplete(etag);
    return { ETag: etag };
  }

  private sent(slip: Slip, body: Blob, tell: Omit<Sending, "signature" | "body">): Promise<string> {
    const signal = tell.signal ?? never;
    const note = (loaded: number): void => {
      if (body.size > OFTEN) tell.onProgress({ loaded, lengthComputable: true });
    };
    let address = slip.url;
    return withRetries(async () => {
      const fresh = address || (await api.sign(slip.ids, [slip.number], signal)).get(slip.number);
      address = "";
      try {
        return await put(fresh ?? "", body, note, signal);
      } catch (error) {
        note(0);
        const expired = error instanceof Refusal && error.status === 403;
        throw expired ? new Refusal(0, error.message) : error;
      }
    }, signal);
  }

  private async close(
    item: Item,
    { key, uploadId, parts }: { key: string; uploadId: string; parts: AwsS3Part[] },
  ): Promise<Arrived & { location: string }> {
    const pk = (await this.closed(item, { pk: key, multipartId: uploadId }, parts)).pk;
    this.tidy(key);
    this.memory.remember(printOf(item), { pk, multipartId: "" });
    return { pk, location: "" };
  }

  private async closed(item: Item, ids: UploadIds, parts: AwsS3Part[]): Promise<{ pk: string }> {
    const receipts = item.size === 0 ? [] : parts.map(receiptOf);
    const isSmall = (item.size ?? 0) <= PART_SIZE;
    if (isSmall || this.complete.has(ids.pk)) {
      const wasComplete = this.complete.has(ids.pk);
      const answer = await this.ends.add({ pk: ids.pk, parts: wasComplete ? [] : receipts });
      if (!answer.problem) return answer;
      if (!wasComplete) throw new Refusal(400, api.problemText(answer.problem));
      return this.again(item);
    }
    return api.complete(ids, receipts, never);
  }

  /** What an earlier visit had sent is gone: the file is sent as if it were new. */
  private async again(item: Item): Promise<{ pk: string }> {
    this.memory.forget(printOf(item));
    const ids = await this.begun(item);
    const receipts: AwsS3Part[] = [];
    const size = partSizeFor(item.size ?? 0);
    for (let number = 1; item.size && number <= partCount(item.size); number += 1) {
      const body = (item.data as Blob).slice((number - 1) * size, number * size);
      const slip: Slip = { url: "", ids, number };
      const tell = { onProgress: () => undefined, onComplete: () => undefined };
      receipts.push({ PartNumber: number, ETag: await places.use(() => this.sent(slip, body, tell)) });
    }
    return this.closed(item, ids, receipts);
  }

  /** Uppy gives up a file that failed as it does one that was removed; only the latter is dropped. */
  private giveUp(item: Item, pk: string): void {
    this.tidy(pk);
    if (this.isKept(item) && this.memory.recall(printOf(item))) return;
    this.memory.forget(printOf(item));
    if (pk) api.remove(pk);
  }

  private tidy(pk: string): void {
    this.stored.delete(pk);
    this.complete.delete(pk);
    for (const key of this.addresses.keys()) if (key.startsWith(`${pk}/`)) this.addresses.delete(key);
  }
}

/** How the memory knows a file. */
export function printOf(item: Item): string {
  const data = item.data as File | undefined;
  return fingerprint(pathOf(item), { size: item.size ?? 0, lastModified: data?.lastModified ?? 0 });
}

function receiptOf(part: AwsS3Part): api.Receipt {
  return { ETag: part.ETag ?? "", PartNumber: part.PartNumber ?? 0 };
}

function idsOf(upload: api.Upload): UploadIds {
  return { pk: upload.pk, multipartId: upload.s3_upload_id };
}
