/** The part of JSON Schema that the site's geometry kinds use (docs/schemas). */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** What is wrong with a value of a kind, with its place; empty when nothing is. */
export function faultsOf(kind: string, value: unknown): readonly string[] {
  const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, `../../docs/schemas/${kind}.json`), "utf-8")) as Schema;
  return check(schema, JSON.parse(JSON.stringify(value)), "value");
}

function check(schema: Schema, value: unknown, place: string): string[] {
  const faults: string[] = [];
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  if (types.length > 0 && !types.some((type) => isOf(type, value))) faults.push(`${place}: is no ${types.join()}`);
  if (schema.enum && !schema.enum.includes(value)) faults.push(`${place}: ${String(value)}`);
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Infinity)) faults.push(`${place}: ${value.length} items`);
    if (schema.items) faults.push(...value.flatMap((item, index) => check(schema.items!, item, `${place}[${index}]`)));
  } else if (value !== null && typeof value === "object") {
    const known = schema.properties ?? {};
    const own = value as Record<string, unknown>;
    for (const name of schema.required ?? []) if (!(name in own)) faults.push(`${place}: lacks ${name}`);
    for (const [name, part] of Object.entries(own)) {
      if (known[name]) faults.push(...check(known[name], part, `${place}.${name}`));
      else if (schema.additionalProperties === false) faults.push(`${place}: ${name} too much`);
    }
  }
  return faults;
}

function isOf(type: string, value: unknown): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "null") return value === null;
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return value !== null && typeof value === "object" && !Array.isArray(value);
  return typeof value === type;
}
