/**
 * --record: what was typed becomes an annotation, which `rollout history` shows.
 * @models k8s.io/cli-runtime pkg/genericclioptions record_flags.go
 * @fidelity full
 */
import type { CobraContext, Pflag } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { printError } from '../../linux/io.ts';
import { type Fields, object } from '../../protocols/kube/fields.ts';
import type { Run } from './run.ts';
import type { Target } from './select.ts';

export const RECORD: Pflag = {
  name: 'record',
  kind: 'bool',
  hidden: true,
  usage: 'Keep what was typed in an annotation of the object.',
};

const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** That it is going away is said to whoever uses it, before anything else. */
export async function warnOfRecord(ctx: Context, cli: CobraContext): Promise<void> {
  if (cli.has('record') && cli.isSet('record'))
    await printError(ctx, 'Flag --record has been deprecated, --record will be removed in the future\n');
}

/** The annotation to add; empty when nobody asked. */
export function changeCause(cli: CobraContext): Fields {
  if (!cli.bool('record')) return {};
  const flags = cli.changed.map((name) => {
    const several = cli.strings(name);
    return `--${name}=${several.length > 0 ? several.join(',') : cli.string(name)}`;
  });
  return { [CHANGE_CAUSE]: [...cli.path, ...cli.args, ...flags].join(' ') };
}

/** Of what has been changed already. */
export async function recordOn(ctx: Context, run: Run, { resource, namespace, name }: Recorded): Promise<void> {
  const annotations = changeCause(run.cli);
  if (Object.keys(annotations).length === 0) return;
  const client = await run.client(ctx);
  await client.patch<Fields>(ctx, resource, namespace, name, 'merge', { metadata: { annotations } });
}

type Recorded = { readonly resource: Target['resource']; readonly namespace: string | null; readonly name: string };

export function annotated(item: Fields, annotations: Fields): Fields {
  if (Object.keys(annotations).length === 0) return item;
  const metadata = object(item, 'metadata') ?? {};
  return { ...item, metadata: { ...metadata, annotations: { ...object(metadata, 'annotations'), ...annotations } } };
}
