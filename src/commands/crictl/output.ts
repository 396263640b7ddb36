/**
 * Messages as JSON, YAML or through a template. Lists keep the order of the protocol's fields; statuses go through a
 * Go map and so come out sorted.
 * @models kubernetes-sigs/cri-tools cmd/crictl/util.go
 * @fidelity full
 */

import { marshalJson } from '../../go/json.ts';
import { type ParsedJson, parseJson } from '../../go/json-parse.ts';
import { compareStrings, quote } from '../../go/quote.ts';
import { marshalYaml } from '../../go/yaml-out.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import type { MessageType } from '../../protocols/proto/message-type.ts';
import { toProtoJson } from '../../protocols/protojson.ts';
import { Failure } from './failure.ts';
import { executeOnJson } from './templates.ts';

export async function printJson<T>(ctx: Context, type: MessageType<T>, message: T): Promise<void> {
  await print(ctx, `${toProtoJson(type, message)}\n`);
}

export async function printYaml<T>(ctx: Context, type: MessageType<T>, message: T): Promise<void> {
  await print(ctx, `${marshalYaml(decoded(toProtoJson(type, message), 'unmarshal'))}\n`);
}

/** `-o json`, `-o yaml`: true when it was one of them. */
export async function printList<T>(ctx: Context, format: string, type: MessageType<T>, message: T): Promise<boolean> {
  if (format === 'json') await printJson(ctx, type, message);
  else if (format === 'yaml') await printYaml(ctx, type, message);
  else return false;
  return true;
}

export type StatusData = {
  /** The message's JSON. */
  readonly status: string;
  readonly runtimeHandlers?: string;
  readonly features?: string;
  readonly info: Readonly<Record<string, string>>;
};

/** One status prints as an object, several as an array, none as nothing. */
export async function printStatuses(
  ctx: Context,
  statuses: readonly StatusData[],
  format: string,
  template: string,
): Promise<void> {
  if (statuses.length === 0) return;
  const result = statuses.map(statusObject);
  const value = result.length === 1 ? (result[0] ?? null) : result;
  switch (format) {
    case 'yaml':
      return await print(ctx, `${marshalYaml(value)}\n`);
    case 'json':
      return await print(ctx, `${marshalJson(value, { indent: '  ', sortKeys: true })}\n`);
    case 'go-template': {
      try {
        return await print(ctx, `${executeOnJson(template, marshalJson(value, { sortKeys: true }))}\n`);
      } catch (error) {
        if (error instanceof Failure) throw new Failure(`execute template: ${error.message}`, { cause: error });
        throw error;
      }
    }
    default:
      throw new Failure(`unsupported format: ${quote(format)}`);
  }
}

function statusObject(data: StatusData): { [key: string]: ParsedJson } {
  const object: { [key: string]: ParsedJson } = {};
  if (data.status !== '') object.status = decoded(data.status, 'unmarshal status JSON');
  if (data.runtimeHandlers !== undefined) {
    const handlers = decoded(data.runtimeHandlers, 'unmarshal runtime handlers');
    if (handlers !== null) object.runtimeHandlers = handlers;
  }
  if (data.features !== undefined) {
    const features = decoded(data.features, 'unmarshal features JSON');
    if (features !== null) object.features = features;
  }
  for (const key of Object.keys(data.info).sort(compareStrings)) {
    const value = data.info[key] ?? '';
    object[key] = value.startsWith('{') ? decoded(value, 'unmarshal status info JSON') : value.replace(/^"+|"+$/g, '');
  }
  return object;
}

function decoded(text: string, what: string): ParsedJson {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Failure(`${what}: ${parsed.error}`);
  return parsed.value;
}

/** `map[info:{…}]`, as fmt prints a Go map. */
export function goMapText(map: Readonly<Record<string, string>>): string {
  const keys = Object.keys(map).sort(compareStrings);
  return `map[${keys.map((key) => `${key}:${map[key] ?? ''}`).join(' ')}]`;
}

/** The lines of labels or annotations; an empty map prints nothing, heading included. */
export function mapLines(heading: string, map: Readonly<Record<string, string>>): string {
  const keys = Object.keys(map).sort(compareStrings);
  if (keys.length === 0) return '';
  return `${heading}:\n${keys.map((key) => `\t${key} -> ${map[key] ?? ''}\n`).join('')}`;
}
