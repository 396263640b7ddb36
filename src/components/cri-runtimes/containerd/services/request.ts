/**
 * What every call of containerd's own API carries besides its message: the namespace it works in, and perhaps a lease.
 * @models containerd 2.1 pkg/namespaces/context.go, core/leases/grpc.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import type { ServerCall } from '../../../../protocols/grpc/server.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { classed, wrap } from '../../shared/errors.ts';
import { withLease } from '../metadata/leases.ts';
import { validateIdentifier } from '../metadata/metadata.ts';
import type { Parts } from '../parts.ts';

type Metadata = Pick<ServerCall<never>, 'metadata'>;

/** namespaces.NamespaceRequired. */
export function namespaceOf(call: Metadata): string {
  const ns = call.metadata.get('containerd-namespace') ?? '';
  if (ns === '') throw classed('FailedPrecondition', 'namespace is required');
  try {
    validateIdentifier(ns, 'namespace');
  } catch (error) {
    throw wrap('namespace validation', error);
  }
  return ns;
}

/** Runs a handler in the call's namespace; what it makes is held by the call's lease. */
export async function inNamespace<T>(
  ctx: Context,
  parts: Parts,
  call: Metadata,
  body: (ns: string, ctx: Context) => Promise<T>,
): Promise<T> {
  const ns = namespaceOf(call);
  await ctx.cpu(LATENCY.containerdReadRpcNs);
  const lease = call.metadata.get('containerd-lease') ?? '';
  return body(ns, lease === '' ? ctx : withLease(ctx, ns, lease));
}

/** As bolt walks its buckets. */
export function byKey<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The labels after an update of the fields `labels` or `labels.KEY`; no fields at all means all of them. */
export function updatedLabels(
  old: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
  paths: readonly string[],
): Record<string, string> {
  if (paths.length === 0 || paths.includes('labels')) return withoutEmpty({ ...given });
  const labels = { ...old };
  for (const path of paths) {
    if (!path.startsWith('labels.')) continue;
    const key = path.slice('labels.'.length);
    labels[key] = given[key] ?? '';
  }
  return withoutEmpty(labels);
}

/** Setting a label to nothing removes it. */
function withoutEmpty(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

/** Labels are sorted wherever they are stored. */
export function plainLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
