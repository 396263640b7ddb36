/**
 * The pod behind `NAME`, `pod/NAME`, `deploy/NAME`: the one to read logs from or to run commands in.
 * @models k8s.io/kubectl pkg/polymorphichelpers attachablepodforobject.go, helpers.go GetFirstPod
 * @fidelity partial: pods are taken newest ready first
 */
import type { Context } from '../../linux/context.ts';
import { printError } from '../../linux/io.ts';
import { type Fields, field, list, text } from '../../protocols/kube/fields.ts';
import { formatSelector, mapSelector } from '../../protocols/kube/selector-text.ts';
import { Failure } from './failure.ts';
import type { Run } from './run.ts';

export async function podsOf(ctx: Context, run: Run, word: string): Promise<Fields[]> {
  const client = await run.client(ctx);
  const namespace = await run.namespace(ctx);
  const [type = '', name] = word.split('/');
  if (name === undefined) return [await client.get(ctx, 'pods', namespace, type)];
  const resource = await run.resource(ctx, type);
  const owner = (await client.get(ctx, resource, namespace, name)) as Fields;
  if (resource.kind === 'Pod') return [owner];
  const isPlain = ['Service', 'ReplicationController'].includes(resource.kind);
  const plain = field(owner, 'spec', 'selector');
  const labelSelector = isPlain ? mapSelector(plain as Fields) : formatSelector(plain);
  if (labelSelector === '<none>') throw new Failure(`cannot get the logs from ${resource.kind}: it selects nothing`);
  const found = await client.list<Fields>(ctx, 'pods', namespace, { labelSelector });
  return [...list(found, 'items')].sort((a, b) => rank(a) - rank(b));
}

function rank(pod: Fields): number {
  const ready = list(pod, 'status', 'conditions').some(
    (c) => text(c, 'type') === 'Ready' && text(c, 'status') === 'True',
  );
  const isRunning = text(pod, 'status', 'phase') === 'Running';
  return ready ? 0 : isRunning ? 1 : 2;
}

export async function onePodOf(ctx: Context, run: Run, word: string, announce: boolean): Promise<Fields> {
  const [first, ...more] = await podsOf(ctx, run, word);
  if (first === undefined) throw new Failure(`timed out waiting for the condition`);
  if (announce && more.length > 0) {
    await printError(ctx, `Found ${more.length + 1} pods, using pod/${text(first, 'metadata', 'name')}\n`);
  }
  return first;
}
