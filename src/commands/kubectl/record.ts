/**
 * --record: what was typed becomes an annotation, which `rollout history` shows.
 * @models k8s.io/cli-runtime pkg/genericclioptions record_flags.go
 * @fidelity partial: of the commands that have it those of `set` and apply
 */
import type { CobraContext, Pflag } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { printError } from '../../linux/io.ts';
import { type Fields, object } from '../../protocols/kube/fields.ts';

export const RECORD: Pflag = {
  name: 'record',
  kind: 'bool',
  hidden: true,
  usage: 'Keep what was typed in an annotation of the object.',
};

const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** The annotation to add; empty when nobody asked. That it is going away is said to whoever uses it. */
export async function changeCause(ctx: Context, cli: CobraContext): Promise<Fields> {
  if (!cli.isSet('record')) return {};
  await printError(ctx, 'Flag --record has been deprecated, --record will be removed in the future\n');
  if (!cli.bool('record')) return {};
  const flags = cli.changed.map((name) => {
    const several = cli.strings(name);
    return `--${name}=${several.length > 0 ? several.join(',') : cli.string(name)}`;
  });
  return { [CHANGE_CAUSE]: [...cli.path, ...cli.args, ...flags].join(' ') };
}

export function annotated(item: Fields, annotations: Fields): Fields {
  if (Object.keys(annotations).length === 0) return item;
  const metadata = object(item, 'metadata') ?? {};
  return { ...item, metadata: { ...metadata, annotations: { ...object(metadata, 'annotations'), ...annotations } } };
}
