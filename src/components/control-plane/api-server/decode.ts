/**
 * A request's body into an object of its kind: unknown fields and wrong types are found here.
 * @models apimachinery runtime/serializer/json (strict decoding), sigs.k8s.io/json
 * @fidelity partial: of several type errors the first; duplicate keys are not noticed
 */
import { parseYaml } from '../../../go/yaml-in.ts';
import { fromBase64 } from '../../../protocols/base64.ts';
import { headerValue } from '../../../protocols/http/http1.ts';
import { isObject, type Json, type JsonObject } from '../../../protocols/kube/json.ts';
import { parseProtobufBody } from '../../../protocols/kube/protobuf-body.ts';
import { canonicalQuantity, QUANTITY_ERROR } from '../../../protocols/kube/quantity.ts';
import type { Resource } from '../../../protocols/kube/resources.ts';
import { type FieldType, fieldsOf } from '../../../protocols/kube/schema.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
import { badRequest, failure } from '../../../protocols/kube/status-error.ts';

const ACCEPTED = 'accepted media types include: application/json, application/yaml';

export function isProtobuf({ headers }: Exchange): boolean {
  return (headerValue(headers, 'content-type') ?? '').includes('protobuf');
}

/** The body of a request, whatever it is written in. */
export function requestBody(exchange: Exchange): JsonObject {
  if (!isProtobuf(exchange)) return parseBody(exchange.body, headerValue(exchange.headers, 'content-type') ?? '');
  const parsed = parseProtobufBody(exchange.bodyBytes);
  if (parsed === null)
    throw failure(415, 'UnsupportedMediaType', `the body of the request was in an unknown format - ${ACCEPTED}`);
  return parsed;
}

export function parseBody(text: string, contentType: string): JsonObject {
  if (contentType.includes('yaml')) {
    const parsed = parseYaml(text);
    if (!parsed.ok) throw badRequest(`error decoding YAML: ${parsed.error}`);
    if (isObject(parsed.value)) return parsed.value as JsonObject;
  }
  try {
    const value = JSON.parse(text) as unknown;
    if (isObject(value)) return value;
  } catch {
    throw badRequest(`the body of the request was in an unknown format - ${ACCEPTED}`);
  }
  throw badRequest(
    'couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }',
  );
}

export type Strictness = 'Strict' | 'Warn' | 'Ignore';

/** Whether `decode` would leave the object as it is and have nothing to say. What it has from `known` was decoded with that. */
export function isDecoded(
  { kind, schema }: Pick<Resource, 'kind' | 'schema'>,
  object: JsonObject,
  known: JsonObject,
): boolean {
  const fields = fieldsOf(schema ?? kind, true);
  for (const key in object) {
    if (fields === undefined) return true;
    if (object[key] === known[key]) continue;
    const field = fields.get(key);
    if (field === undefined || !isRegularValue(object[key] as Json, field)) return false;
  }
  return true;
}

/** Checks and normalises in place; gives the warnings. Throws StatusError. */
export function decode(
  { kind, version, schema }: Pick<Resource, 'kind' | 'version' | 'schema'>,
  object: JsonObject,
  strictness: Strictness,
): string[] {
  if (isRegular(object, schema ?? kind, true)) return [];
  const decoder = new Decoder(kind, version);
  decoder.fields(object, schema ?? kind, true);
  const { unknown } = decoder;
  if (unknown.length === 0 || strictness === 'Ignore') return [];
  const texts = unknown.sort().map((field) => `unknown field "${field}"`);
  if (strictness === 'Strict') throw badRequest(`${decoder.prefix}strict decoding error: ${texts.join(', ')}`);
  return texts;
}

/** Whether there is nothing to say of an object nor to change about it, which is nearly always so: the quick way to find out. */
function isRegular(value: JsonObject, name: string, top: boolean): boolean {
  const fields = fieldsOf(name, top);
  if (fields === undefined) return true;
  for (const key in value) {
    const field = fields.get(key);
    if (field === undefined || !isRegularValue(value[key] as Json, field)) return false;
  }
  return true;
}

function isRegularValue(value: Json, type: FieldType): boolean {
  switch (type.kind) {
    case 'any':
      return value !== null;
    case 'string':
    case 'time':
      return typeof value === 'string';
    case 'time or null':
      return typeof value === 'string' || value === null;
    case 'integer':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'port':
      return typeof value === 'number' || typeof value === 'string';
    case 'quantity':
      return typeof value === 'string' && canonicalQuantity(value) === value;
    case 'map':
      if (!isObject(value)) return false;
      for (const key in value) if (!isRegularValue(value[key] as Json, type.of)) return false;
      return true;
    case 'list':
      if (!Array.isArray(value)) return false;
      for (let i = 0; i < value.length; i++) if (!isRegularValue(value[i] as Json, type.of)) return false;
      return true;
    case 'object':
      return isObject(value) && isRegular(value, type.name, false);
    case 'bytes':
      return false;
  }
}

class Decoder {
  /** Paths of fields that the kind does not have. */
  readonly unknown: string[] = [];
  readonly prefix: string;
  private readonly kind: string;
  /** The way to the value being looked at: fields, indexes of lists, keys of maps. */
  private readonly way: (string | number | { key: string })[] = [];

  constructor(kind: string, version: string) {
    this.kind = kind;
    this.prefix = `${kind} in version "${version}" cannot be handled as a ${kind}: `;
  }

  fields(value: JsonObject, name: string, top: boolean): void {
    const fields = fieldsOf(name, top);
    if (fields === undefined) return;
    for (const key of Object.keys(value)) {
      const field = fields.get(key);
      this.way.push(key);
      if (field === undefined) {
        this.unknown.push(this.path());
        delete value[key];
      } else {
        const before = value[key] as Json;
        const item = this.value(before, field);
        if (item === null && field.kind !== 'time or null') delete value[key];
        else if (item !== before) value[key] = item;
      }
      this.way.pop();
    }
  }

  private value(value: Json, type: FieldType): Json {
    if (value === null) return value;
    switch (type.kind) {
      case 'any':
        return value;
      case 'string':
      case 'time':
      case 'time or null':
        if (typeof value !== 'string') throw this.mismatch(value, 'string');
        return value;
      case 'bytes':
        if (typeof value !== 'string') throw this.mismatch(value, '[]uint8');
        try {
          fromBase64(value);
        } catch (error) {
          throw badRequest(this.prefix + (error as Error).message);
        }
        return value;
      case 'integer':
        if (typeof value !== 'number') throw this.mismatch(value, 'int32');
        return value;
      case 'boolean':
        if (typeof value !== 'boolean') throw this.mismatch(value, 'bool');
        return value;
      case 'port':
        if (typeof value !== 'number' && typeof value !== 'string') throw this.mismatch(value, 'intstr.IntOrString');
        return value;
      case 'quantity': {
        const text = typeof value === 'number' ? String(value) : value;
        const canonical = typeof text === 'string' ? canonicalQuantity(text) : null;
        if (canonical === null) throw badRequest(`${this.prefix}${QUANTITY_ERROR}`);
        return canonical;
      }
      case 'map':
        if (!isObject(value)) throw this.mismatch(value, `map[string]${goName(type.of)}`);
        for (const key of Object.keys(value)) {
          this.way.push({ key });
          value[key] = this.value(value[key] as Json, type.of);
          this.way.pop();
        }
        return value;
      case 'list':
        if (!Array.isArray(value)) throw this.mismatch(value, `[]${goName(type.of)}`);
        for (let i = 0; i < value.length; i++) {
          this.way.push(i);
          value[i] = this.value(value[i] as Json, type.of);
          this.way.pop();
        }
        return value;
      case 'object':
        if (!isObject(value)) throw this.mismatch(value, `v1.${type.name}`);
        this.fields(value, type.name, false);
        return value;
    }
  }

  /** `spec.containers[0].image` */
  private path(): string {
    let text = '';
    for (const step of this.way) {
      if (typeof step === 'number') text += `[${step}]`;
      else text += `${text === '' ? '' : '.'}${typeof step === 'string' ? step : step.key}`;
    }
    return text;
  }

  /** Go names the struct's field: `Pod.spec.containers.image`. */
  private mismatch(value: Json, goType: string): Error {
    const got = Array.isArray(value)
      ? 'array'
      : isObject(value)
        ? 'object'
        : typeof value === 'boolean'
          ? 'bool'
          : typeof value;
    const place = [this.kind, ...this.way.filter((step) => typeof step === 'string')].join('.');
    return badRequest(`${this.prefix}json: cannot unmarshal ${got} into Go struct field ${place} of type ${goType}`);
  }
}

function goName(type: FieldType): string {
  switch (type.kind) {
    case 'object':
      return `v1.${type.name}`;
    case 'integer':
      return 'int32';
    case 'boolean':
      return 'bool';
    case 'quantity':
      return 'resource.Quantity';
    default:
      return 'string';
  }
}

/** For small bodies that are no objects of the API: delete options, JSON patches. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("couldn't get version/kind; json parse error: invalid character in the body of the request");
  }
}
