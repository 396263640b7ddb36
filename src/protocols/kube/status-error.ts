/**
 * Failures that the API server answers with, as `Status` objects, and the error a client makes of one.
 * @models apimachinery pkg/api/errors/errors.go
 * @fidelity partial: the reasons that this control plane uses
 */
import { qualifiedResource } from './resources.ts';
import type { Status, StatusDetails } from './types.ts';

export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? '');
    this.status = status;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }

  get code(): number {
    return this.status.code ?? 500;
  }
}

export function isStatusError(error: unknown, reason?: string): error is StatusError {
  return error instanceof StatusError && (reason === undefined || error.reason === reason);
}

export function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  return new StatusError({
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  });
}

type Named = { group: string; resource: string };

function detailsOf({ group, resource }: Named, name: string): StatusDetails {
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource };
}

export function notFound(resource: Named, name: string): StatusError {
  return failure(404, 'NotFound', `${qualifiedResource(resource)} "${name}" not found`, detailsOf(resource, name));
}

export function alreadyExists(resource: Named, name: string): StatusError {
  const text = `${qualifiedResource(resource)} "${name}" already exists`;
  return failure(409, 'AlreadyExists', text, detailsOf(resource, name));
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(resource: Named, name: string, why = MODIFIED): StatusError {
  const text = `Operation cannot be fulfilled on ${qualifiedResource(resource)} "${name}": ${why}`;
  return failure(409, 'Conflict', text, detailsOf(resource, name));
}

export function forbidden(resource: Named, name: string, why: string): StatusError {
  const what =
    name === ''
      ? `${qualifiedResource(resource)} is forbidden`
      : `${qualifiedResource(resource)} "${name}" is forbidden`;
  return failure(403, 'Forbidden', `${what}: ${why}`, detailsOf(resource, name));
}

export function badRequest(message: string): StatusError {
  return failure(400, 'BadRequest', message);
}

export function internalError(message: string): StatusError {
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export type FieldError = { field: string; type: FieldErrorType; detail: string; value?: unknown };

export type FieldErrorType =
  | 'Required'
  | 'Invalid'
  | 'NotSupported'
  | 'Duplicate'
  | 'NotFound'
  | 'Forbidden'
  | 'TooLong';

const FIELD_REASONS: Readonly<Record<FieldErrorType, readonly [reason: string, words: string]>> = {
  Required: ['FieldValueRequired', 'Required value'],
  Invalid: ['FieldValueInvalid', 'Invalid value'],
  NotSupported: ['FieldValueNotSupported', 'Unsupported value'],
  Duplicate: ['FieldValueDuplicate', 'Duplicate value'],
  NotFound: ['FieldValueNotFound', 'Not found'],
  Forbidden: ['FieldValueForbidden', 'Forbidden'],
  TooLong: ['FieldValueTooLong', 'Too long'],
};

/** `spec.containers[0].name: Required value` and so on. */
export function fieldErrorText({ field, type, detail, value }: FieldError): string {
  return `${field}: ${fieldErrorBody(type, detail, value)}`;
}

function fieldErrorBody(type: FieldErrorType, detail: string, value: unknown): string {
  const words = FIELD_REASONS[type][1];
  const shown = value === undefined || type === 'Required' || type === 'Forbidden' ? '' : `: ${valueText(value)}`;
  return `${words}${shown}${detail === '' ? '' : `: ${detail}`}`;
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** 422 with every field error: `Pod "x" is invalid: …`; several are put in brackets. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const texts = [...new Set(errors.map(fieldErrorText))];
  const all = texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`;
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return failure(422, 'Invalid', `${qualified} ${JSON.stringify(name)} is invalid: ${all}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.kind,
    causes: errors.map((e) => ({
      reason: FIELD_REASONS[e.type][0],
      message: fieldErrorBody(e.type, e.detail, e.value),
      field: e.field,
    })),
  });
}
