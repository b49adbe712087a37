/** The portal's upload API. */
import { Refusal, withRetries } from "./retry";
import type { UploadIds } from "./types";

const BASE = "/api/v1/uploads/";

export interface Receipt {
  ETag: string;
  PartNumber: number;
}

export interface StoredPart extends Receipt {
  Size: number;
}

export interface Upload {
  pk: string;
  s3_upload_id: string;
  status: string;
  presigned_urls?: Record<string, string>;
  parts?: StoredPart[];
  problem?: Problem;
}

interface Problem {
  detail?: string;
  advice?: string;
}

/** Starts small uploads with the address of their only part, in the order given. */
export async function startMany(
  files: { filename: string; size: number }[],
  signal: AbortSignal,
): Promise<Upload[]> {
  return (await call<{ uploads: Upload[] }>("POST", "batch/", signal, { files })).uploads;
}

/** Completes small uploads; each answer may carry a problem of its own. */
export async function finishMany(
  uploads: { pk: string; parts: Receipt[] }[],
  signal: AbortSignal,
): Promise<Upload[]> {
  return (await call<{ uploads: Upload[] }>("PATCH", "batch/", signal, { uploads })).uploads;
}

export function start(filename: string, size: number, signal: AbortSignal): Promise<Upload> {
  return call("POST", "", signal, { filename, size });
}

export function show(pk: string, signal: AbortSignal): Promise<Upload> {
  return call("GET", `${pk}/`, signal);
}

export async function sign(
  ids: UploadIds,
  numbers: number[],
  signal: AbortSignal,
): Promise<Map<number, string>> {
  const path = `${pathOf(ids)}/generate-presigned-urls/`;
  const upload = await call<Upload>("PATCH", path, signal, { part_numbers: numbers });
  const signed = Object.entries(upload.presigned_urls ?? {});
  return new Map(signed.map(([number, address]) => [Number(number), address]));
}

export async function listParts(ids: UploadIds, signal: AbortSignal): Promise<StoredPart[]> {
  return (await call<Upload>("GET", `${pathOf(ids)}/list-parts/`, signal)).parts ?? [];
}

export function complete(ids: UploadIds, parts: Receipt[], signal: AbortSignal): Promise<Upload> {
  return call("PATCH", `${pathOf(ids)}/complete-multipart-upload/`, signal, { parts });
}

/** Drops an upload, finished or not; nobody waits for it, and the server sweeps what is left. */
export function remove(pk: string): void {
  const never = new AbortController().signal;
  call("DELETE", `${pk}/`, never).catch(() => undefined);
}

/** What went wrong, in the server's words. */
export function problemText(problem: Problem): string {
  const said = [problem.detail, problem.advice].filter(Boolean).join(" ");
  return said || "The portal refused this file.";
}

function pathOf(ids: UploadIds): string {
  return `${ids.pk}/${encodeURIComponent(ids.multipartId)}`;
}

function call<T>(method: string, path: string, signal: AbortSignal, body?: unknown): Promise<T> {
  return withRetries(() => once<T>(method, path, signal, body), signal);
}

async function once<T>(
  method: string,
  path: string,
  signal: AbortSignal,
  body: unknown,
): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", "X-CSRFToken": token() };
  const init: RequestInit = { method, headers, signal, credentials: "same-origin" };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let answer: Response;
  try {
    answer = await fetch(BASE + path, init);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refusal(0, "The portal cannot be reached. Check your connection.");
  }
  if (!answer.ok) throw new Refusal(answer.status, await refusalText(answer));
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function refusalText(answer: Response): Promise<string> {
  if (answer.status === 403 && !answer.headers.get("Content-Type")?.includes("json")) {
    return "You are signed out. Sign in again, then come back to this page.";
  }
  try {
    return problemText((await answer.json()) as Problem);
  } catch {
    return `The portal answered ${String(answer.status)}. Try again in a minute.`;
  }
}

function token(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]');
  const field = document.querySelector<HTMLInputElement>('input[name="csrfmiddlewaretoken"]');
  return meta?.content ?? field?.value ?? "";
}
