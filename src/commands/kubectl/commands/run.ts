/** @models k8s.io/kubectl pkg/cmd/run run.go @fidelity partial: no --detach-keys */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, list, number, text } from '../../../protocols/kube/fields.ts';
import { isObject, type Json, type JsonObject } from '../../../protocols/kube/json.ts';
import { type JsonPatchOperation, jsonPatch, mergePatch, strategicMerge } from '../../../protocols/kube/patch.ts';
import { resourceNamed, resourcePath } from '../../../protocols/kube/resources.ts';
import { dryRunOf, reportDone, writeQuery } from '../dry-run.ts';
import { Failure, usageFailure } from '../failure.ts';
import { DRY_RUN, FIELD_MANAGER, PRINT } from '../flags.ts';
import { podObject } from '../generators.ts';
import { annotated, changeCause, RECORD } from '../record.ts';
import type { Action, Run } from '../run.ts';
import { attachHints, streamPod, ttyOf } from '../streaming.ts';
import { waitForEnd } from './delete.ts';

export const runCommand: CobraCommand<Action> = {
  name: 'run',
  use: 'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  short: 'Run a particular image on the cluster',
  group: 'Basic Commands (Beginner)',
  flags: [
    ...PRINT,
    DRY_RUN,
    RECORD,
    FIELD_MANAGER('kubectl-run'),
    { name: 'annotations', kind: 'stringArray', usage: 'Annotations of the pod.' },
    { name: 'attach', kind: 'bool', usage: 'Wait for the pod and attach to it.' },
    { name: 'command', kind: 'bool', usage: 'The words after -- replace the entrypoint.' },
    { name: 'env', kind: 'stringArray', usage: 'Environment variables of the container.' },
    { name: 'expose', kind: 'bool', usage: 'Make a ClusterIP service for the pod as well; wants --port.' },
    { name: 'grace-period', kind: 'int', value: -1, usage: 'Seconds that --rm gives the pod.' },
    { name: 'image', kind: 'string', usage: 'The image to run.', required: true },
    { name: 'image-pull-policy', kind: 'string', usage: 'Always, IfNotPresent or Never.' },
    { name: 'labels', short: 'l', kind: 'string', usage: 'Labels of the pod, separated by commas.' },
    { name: 'leave-stdin-open', kind: 'bool', usage: 'Keep stdin after the first attach.' },
    {
      name: 'override-type',
      kind: 'string',
      value: 'merge',
      usage: 'How --overrides is applied: json, merge, or strategic.',
    },
    { name: 'overrides', kind: 'string', usage: 'JSON that changes the generated object.' },
    { name: 'pod-running-timeout', kind: 'duration', value: 60e9, usage: 'How long to wait for a running pod' },
    { name: 'port', kind: 'string', usage: 'The port that the container exposes.' },
    { name: 'privileged', kind: 'bool', usage: 'Run the container privileged.' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Print no prompts.' },
    { name: 'restart', kind: 'string', value: 'Always', usage: 'Always, OnFailure or Never.' },
    { name: 'rm', kind: 'bool', usage: 'Delete the pod after it was attached to.' },
    { name: 'stdin', short: 'i', kind: 'bool', usage: 'Keep stdin open.' },
    { name: 'timeout', kind: 'duration', value: 0, usage: 'How long --rm waits.' },
    { name: 'tty', short: 't', kind: 'bool', usage: 'Give the container a terminal.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    const { args, argsBeforeDash } = cli;
    const [name] = args;
    if (name === undefined || argsBeforeDash === 0) throw usageFailure(cli.path, 'NAME is required for run');
    const [interactive, remove] = [cli.bool('stdin') || cli.bool('tty'), cli.bool('rm')];
    const attaches = cli.isSet('attach') ? cli.bool('attach') : interactive;
    if (cli.bool('tty') && !cli.bool('stdin'))
      throw new Failure('-i/--stdin is required for containers with -t/--tty=true');
    if (remove && !attaches) throw usageFailure(cli.path, '--rm should only be used for attached containers');
    if (attaches && dryRun !== 'none')
      throw usageFailure(
        cli.path,
        "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
      );
    const restartPolicy = cli.string('restart');
    if (!['Always', 'OnFailure', 'Never'].includes(restartPolicy))
      throw usageFailure(cli.path, `invalid restart policy: ${restartPolicy}`);
    if (remove && restartPolicy === 'Always' && !interactive)
      throw usageFailure(cli.path, '--rm should only be used for attached containers');
    if (cli.bool('expose') && cli.string('port') === '')
      throw usageFailure(cli.path, '--port must be set when exposing a service');
    await run.discovery(ctx, 1);
    const namespace = await run.namespace(ctx);
    const generated = podObject(name, cli.isSet('namespace') ? namespace : null, {
      image: cli.string('image'),
      labels: cli.string('labels') === '' ? { run: name } : assignments([...cli.string('labels').split(',')], 'label'),
      annotations: assignments(cli.strings('annotations'), 'annotation'),
      env: cli.strings('env').map((entry) => {
        const equals = entry.indexOf('=');
        if (equals < 1) throw new Failure(`invalid env: ${entry}`);
        return { name: entry.slice(0, equals), value: entry.slice(equals + 1) };
      }),
      port: cli.string('port') === '' ? 0 : Number(cli.string('port')),
      restartPolicy,
      imagePullPolicy: cli.string('image-pull-policy'),
      args: args.slice(1),
      isCommand: cli.bool('command'),
      stdin: cli.bool('stdin'),
      tty: cli.bool('tty'),
      privileged: cli.bool('privileged'),
    });
    const whole = overridden(generated, cli.string('overrides'), cli.string('override-type'));
    const object = annotated(whole, changeCause(cli));
    const service = cli.bool('expose') ? serviceFor(object, cli.isSet('labels')) : null;
    if (dryRun === 'client') {
      if (service !== null) await reportDone(ctx, cli, service, 'created', dryRun);
      if (service !== null && cli.has('output')) await print(ctx, '---\n');
      return await reportDone(ctx, cli, object, 'created', dryRun);
    }
    const client = await run.client(ctx);
    const created = await client.create<Fields>(
      ctx,
      'pods',
      namespace,
      object,
      writeQuery(dryRun, cli.string('field-manager')),
    );
    if (service !== null) {
      const query = writeQuery(dryRun, cli.string('field-manager'));
      const exposed = await client.create<Fields>(ctx, 'services', namespace, service, query);
      await reportDone(ctx, cli, exposed, 'created', dryRun);
    }
    if (!attaches) return await reportDone(ctx, cli, created, 'created', dryRun);
    await attach(ctx, run, namespace, name, created);
  },
};

function serviceFor(pod: Fields, labelled: boolean): Fields {
  const { name, namespace, labels } = pod['metadata'] as Fields;
  const [container] = list(pod, 'spec', 'containers');
  const port = list(container, 'ports')[0]?.['containerPort'];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...(labelled ? { labels } : {}), name, ...(namespace === undefined ? {} : { namespace }) },
    spec: { ports: [{ port, protocol: 'TCP', targetPort: port }], selector: labels },
    status: { loadBalancer: {} },
  };
}

/** @models k8s.io/kubectl pkg/cmd/util/override_options.go, helpers.go (Merge, StrategicMerge, JSONPatch) */
function overridden(generated: Fields, overrides: string, type: string): Fields {
  if (overrides === '') return generated;
  if (!['json', 'merge', 'strategic'].includes(type)) throw new Failure(`invalid override type: ${type}`);
  let patch: Json;
  try {
    patch = JSON.parse(overrides) as Json;
  } catch {
    throw new Failure('Invalid JSON Patch');
  }
  const target = generated as JsonObject;
  if (type === 'json') return jsonPatch(target, patch as JsonPatchOperation[]) as Fields;
  if (!isObject(patch)) throw new Failure('Invalid JSON Patch');
  return (type === 'merge' ? mergePatch(target, patch) : strategicMerge('Pod', target, patch)) as Fields;
}

function assignments(entries: readonly string[], what: string): Fields {
  return Object.fromEntries(
    entries.map((entry) => {
      const equals = entry.indexOf('=');
      if (equals < 1) throw new Failure(`unexpected ${what}: ${entry}`);
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

/** Waits until the container runs or has ended; attaches, or prints the log of what was too quick. */
async function attach(ctx: Context, run: Run, namespace: string, name: string, created: Fields): Promise<void> {
  const { cli } = run;
  const client = await run.client(ctx);
  const fieldSelector = `metadata.name=${name}`;
  const isStarted = (pod: Fields): boolean =>
    ['Succeeded', 'Failed'].includes(text(pod, 'status', 'phase')) ||
    (text(pod, 'status', 'phase') === 'Running' &&
      list(pod, 'status', 'containerStatuses').some((s) => s['started'] === true || s['ready'] === true));
  let pod = await until(ctx, run, namespace, fieldSelector, isStarted);
  const tty = await ttyOf(ctx, cli.bool('tty'));
  try {
    if (['Succeeded', 'Failed'].includes(text(pod, 'status', 'phase'))) {
      await printLog(ctx, run, namespace, name);
    } else {
      await attachOrLog(ctx, run, namespace, name, name, tty);
    }
    if (text(created, 'spec', 'restartPolicy') !== 'Always') {
      pod = await until(ctx, run, namespace, fieldSelector, (p) =>
        ['Succeeded', 'Failed'].includes(text(p, 'status', 'phase')),
      );
    }
  } finally {
    if (cli.bool('rm')) {
      const grace = cli.number('grace-period');
      await client.delete(ctx, 'pods', namespace, name, grace >= 0 ? { gracePeriodSeconds: grace } : {});
      await print(ctx, `pod "${name}" deleted from ${namespace} namespace\n`);
      const resource = await run.resource(ctx, 'pods');
      await waitForEnd(ctx, run, [{ target: { resource, namespace, name }, uid: text(created, 'metadata', 'uid') }]);
    }
  }
  if (text(pod, 'status', 'phase') !== 'Failed') return;
  const terminated = list(pod, 'status', 'containerStatuses')[0];
  const exitCode = number(terminated, 'state', 'terminated', 'exitCode') ?? 1;
  const reason = text(terminated, 'state', 'terminated', 'reason') || 'Error';
  throw new Failure(`pod ${namespace}/${name} terminated (${reason})`, {
    exitCode: exitCode === 0 ? 1 : exitCode,
    bare: true,
  });
}

/** What runs may have ended before anybody was attached to it: then its log is printed. */
export async function attachOrLog(
  ctx: Context,
  run: Run,
  namespace: string,
  pod: string,
  container: string,
  tty: boolean,
): Promise<void> {
  const { cli } = run;
  if (!cli.bool('quiet')) await attachHints(ctx, false);
  const stdin = cli.bool('stdin');
  try {
    await streamPod(ctx, run, { namespace, pod, container, subresource: 'attach', command: [], stdin, tty });
  } catch (error) {
    if (!(error instanceof Failure) || error.bare) throw error;
    await printError(ctx, `warning: couldn't attach to pod/${pod}, falling back to streaming logs: ${error.message}\n`);
    await printLog(ctx, run, namespace, pod, container);
  }
}

export async function printLog(
  ctx: Context,
  run: Run,
  namespace: string,
  name: string,
  container = name,
): Promise<void> {
  const client = await run.client(ctx);
  await client.stream(
    ctx,
    resourcePath(resourceNamed('pods'), namespace, name, 'log'),
    { follow: 'true', container },
    async (c, data) => {
      await print(c, data);
      return undefined;
    },
  );
}

/** The first state of the object that will do. */
export async function until(
  ctx: Context,
  run: Run,
  namespace: string,
  fieldSelector: string,
  isDone: (pod: Fields) => boolean,
): Promise<Fields> {
  const client = await run.client(ctx);
  for (;;) {
    const found = await client.list<Fields>(ctx, 'pods', namespace, { fieldSelector });
    const [item] = list(found, 'items');
    if (item === undefined) throw new Failure('pod was deleted before it ran');
    if (isDone(item)) return item;
    const watch = await client.watch<Fields>(ctx, 'pods', namespace, {
      fieldSelector,
      resourceVersion: text(found, 'metadata', 'resourceVersion'),
    });
    for (let event = await watch.next(ctx); event !== null; event = await watch.next(ctx)) {
      if (event.type === 'DELETED') break;
      if (event.type !== 'BOOKMARK' && isDone(event.object as Fields)) {
        await watch.stop(ctx);
        return event.object as Fields;
      }
    }
    await ctx.sleep(1_000_000_000);
  }
}
