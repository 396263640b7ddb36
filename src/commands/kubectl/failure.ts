/**
 * What ends a command, and the words and exit code it ends with.
 * @models k8s.io/kubectl pkg/cmd/util/helpers.go CheckErr StandardErrorMessage statusCausesToAggrError
 * @fidelity full
 */
import { type GoError, isErrorCode, wrapError } from '../../go/errors.ts';
import { isErrno } from '../../linux/errno.ts';
import { isStatusError, StatusError } from '../../protocols/kube/status-error.ts';
import { JsonPathFault } from './jsonpath/parse.ts';

/** Printed with `error: ` in front unless `bare`. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;
  readonly bare: boolean;
  /** What goes to stdout before it ends. */
  readonly printed: string;
  /** The command's help goes there before it. */
  readonly showsHelp: boolean;

  constructor(
    message: string,
    options: { exitCode?: number; bare?: boolean; printed?: string; showsHelp?: boolean } = {},
  ) {
    super(message);
    this.exitCode = options.exitCode ?? 1;
    this.bare = options.bare === true;
    this.printed = options.printed ?? '';
    this.showsHelp = options.showsHelp === true;
  }
}

/** Something that kubectl has and that is not simulated. */
export class NotSimulated extends Failure {}

/** Several at once, told one to a line and without `error: ` in front. */
export class Failures extends Error {
  override readonly name = 'Failures';
  readonly errors: readonly unknown[];

  constructor(errors: readonly unknown[]) {
    super(errors.map((error) => (error instanceof Error ? error.message : String(error))).join('\n'));
    this.errors = errors;
  }
}

/** Goes on after an error of the server's or in what was given; throws what remains at the end, if anything. */
export class ErrorCollector {
  private readonly errors: unknown[] = [];

  async attempt(body: () => Promise<unknown> | unknown): Promise<void> {
    try {
      await body();
    } catch (error) {
      if (!(error instanceof Failure || isStatusError(error) || isGoError(error))) throw error;
      this.errors.push(error);
    }
  }

  get any(): boolean {
    return this.errors.length > 0;
  }

  finish(): void {
    if (this.errors.length > 1) throw new Failures(this.errors);
    if (this.errors.length === 1) throw this.errors[0];
  }
}

/** UsageErrorf: the message, and where the help is. */
export function usageFailure(path: readonly string[], message: string): Failure {
  return new Failure(`${message}\nSee '${path.join(' ')} -h' for help and examples`);
}

/** What the server had against a list that was asked for. @models k8s.io/cli-runtime pkg/resource selector.go Visit */
export function listFailure(
  error: unknown,
  { group, version, resource }: { group: string; version: string; resource: string },
  labels: string,
  fields: string,
): unknown {
  if (!(error instanceof StatusError) || !['BadRequest', 'NotFound'].includes(error.status.reason ?? '')) return error;
  const what = JSON.stringify(`${group}/${version}, Resource=${resource}`);
  const words =
    labels === '' && fields === ''
      ? `Unable to list ${what}`
      : `Unable to find ${what} that match label selector ${JSON.stringify(labels)}, field selector ${JSON.stringify(fields)}`;
  return new StatusError({ ...error.status, message: `${words}: ${error.message}` });
}

export function isGoError(error: unknown): error is GoError {
  return typeof error === 'object' && error !== null && typeof (error as GoError).before === 'string';
}

/** The same error told with words in front: `error when creating "x.yaml": …`. */
export function prefixed(error: unknown, prefix: string): unknown {
  if (error instanceof StatusError) {
    return new StatusError({ ...error.status, message: `${prefix}: ${error.message}` });
  }
  return isGoError(error) ? wrapError(prefix, error) : error;
}

/** The text for stderr and the exit code, or null when the error is ours. */
export function explainFailure(error: unknown, server: string): { text: string; exitCode: number } | null {
  if (error instanceof Failure) {
    const text = error.bare || error.message.startsWith('error: ') ? error.message : `error: ${error.message}`;
    return { text: error.message === '' ? '' : text, exitCode: error.exitCode };
  }
  if (error instanceof StatusError) return { text: statusText(error), exitCode: 1 };
  if (error instanceof Failures) {
    const lines = error.errors.map((one) =>
      one instanceof Failure ? one.message : (explainFailure(one, server)?.text ?? String(one)),
    );
    return { text: lines.join('\n'), exitCode: 1 };
  }
  if (isGoError(error)) return { text: connectionText(error, server), exitCode: 1 };
  if (error instanceof JsonPathFault) return { text: `error: ${error.message}`, exitCode: 1 };
  if (isErrno(error)) return { text: `error: ${error.go}`, exitCode: 1 };
  return null;
}

function statusText(error: StatusError): string {
  const { reason = '', details, message = '' } = error.status;
  if (isStatusError(error, 'Unauthorized')) return `error: You must be logged in to the server (${message})`;
  if (reason === 'Invalid' && details !== undefined) {
    const isNamed = (details.kind ?? '') !== '' || (details.name ?? '') !== '';
    const subject = isNamed
      ? `The ${details.kind ?? ''} ${JSON.stringify(details.name ?? '')} is invalid`
      : 'The request is invalid';
    const causes = [...new Set((details.causes ?? []).map((cause) => `${cause.field}: ${cause.message}`))];
    if (causes.length === 0) return isNamed ? subject : `${subject}: ${message}`;
    return causes.length === 1 ? `${subject}: ${causes[0]}` : `${subject}: \n${causes.map((c) => `* ${c}`).join('\n')}`;
  }
  return reason === '' ? `Error from server: ${message}` : `Error from server (${reason}): ${message}`;
}

/** url.Error: what failed stands behind `Get "https://…": `. */
const URL_ERROR = /^(Get|Post|Put|Patch|Delete) "https?:\/\//;

function connectionText(error: GoError, server: string): string {
  const inner = error.cause ?? error;
  if (isErrorCode(error, 'ECONNREFUSED')) {
    const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
    return `The connection to the server ${host} was refused - did you specify the right host or port?`;
  }
  return URL_ERROR.test(error.message)
    ? `Unable to connect to the server: ${inner.message}`
    : `error: ${error.message}`;
}
