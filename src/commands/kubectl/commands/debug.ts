/**
 * @models k8s.io/kubectl pkg/cmd/debug debug.go profiles.go
 * @fidelity partial: of the profiles general and sysadmin, and legacy as general; no custom profiles, no --keep-* flags
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { type Fields, field, list, object, text } from '../../../protocols/kube/fields.ts';
import { Failure } from '../failure.ts';
import type { Action, Run } from '../run.ts';
import { ttyOf } from '../streaming.ts';
import { attachOrLog, printLog, until } from './run.ts';

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

export const debugCommand: CobraCommand<Action> = {
  name: 'debug',
  use: '(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
  short: 'Create debugging sessions for troubleshooting workloads and nodes',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    { name: 'attach', kind: 'bool', usage: 'Wait for the container and attach to it.' },
    { name: 'container', short: 'c', kind: 'string', usage: 'Name of the debugging container.' },
    { name: 'copy-to', kind: 'string', usage: 'Make a copy of the pod with this name.' },
    { name: 'env', kind: 'stringArray', usage: 'Environment variables of the container.' },
    { name: 'image', kind: 'string', usage: 'The image to run.' },
    { name: 'image-pull-policy', kind: 'string', usage: 'Always, IfNotPresent or Never.' },
    { name: 'profile', kind: 'string', value: 'general', usage: 'One of: general, sysadmin, legacy.' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Print no news.' },
    { name: 'replace', kind: 'bool', usage: 'With --copy-to, delete the original.' },
    { name: 'same-node', kind: 'bool', usage: 'With --copy-to, on the same node.' },
    { name: 'share-processes', kind: 'bool', value: true, usage: 'With --copy-to, share the process namespace.' },
    { name: 'stdin', short: 'i', kind: 'bool', usage: 'Keep stdin open.' },
    { name: 'target', kind: 'string', usage: 'Container whose processes are to be seen.' },
    { name: 'tty', short: 't', kind: 'bool', usage: 'Give the container a terminal.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [word] = cli.args;
    if (word === undefined || cli.argsBeforeDash === 0) throw new Failure('NAME or filename is required for debug');
    if (cli.bool('tty') && !cli.bool('stdin'))
      throw new Failure('-i/--stdin is required for containers with -t/--tty=true');
    const copies = cli.string('copy-to') !== '';
    if (!copies) {
      for (const flag of ['replace', 'same-node'])
        if (cli.bool(flag)) throw new Failure(`--${flag} may only be used with --copy-to.`);
      if (cli.string('image') === '') throw new Failure('you must specify --image when not using --copy-to.');
    }
    if (copies && cli.string('target') !== '')
      throw new Failure('--target is incompatible with --copy-to. Use --share-processes instead.');
    const [type = '', name] = word.split('/');
    const resource = name === undefined ? await run.resource(ctx, 'pods') : await run.resource(ctx, type);
    const client = await run.client(ctx);
    const namespace = await run.namespace(ctx);
    const item = (await client.get(ctx, resource, resource.namespaced ? namespace : null, name ?? type)) as Fields;
    if (resource.kind === 'Node') return await debugNode(ctx, run, item, namespace);
    if (resource.kind !== 'Pod')
      throw new Failure(`"/${resource.version}, Kind=${resource.kind}" not supported by debug`);
    if (copies) return await debugCopy(ctx, run, item);
    await debugPod(ctx, run, item);
  },
};

async function say(ctx: Context, run: Run, words: string): Promise<void> {
  if (!run.cli.bool('quiet')) await print(ctx, `${words}\n`);
}

function suffix(ctx: Context): string {
  return Array.from({ length: 5 }, () => SUFFIX[ctx.random.below(SUFFIX.length)]).join('');
}

function commandOf(run: Run): string[] {
  const { args, argsBeforeDash } = run.cli;
  return argsBeforeDash < 0 ? args.slice(1) : args.slice(argsBeforeDash);
}

async function containerName(ctx: Context, run: Run, taken: readonly string[]): Promise<string> {
  const given = run.cli.string('container');
  if (given !== '') return given;
  let name: string;
  do name = `debugger-${suffix(ctx)}`;
  while (taken.includes(name));
  await say(ctx, run, `Defaulting debug container name to ${name}.`);
  return name;
}

/** `security`: what the profile gives the container. */
function container(run: Run, name: string, words: Fields, security: Fields): Fields {
  const { cli } = run;
  const env = cli.strings('env').map((one) => ({ name: one.split('=')[0], value: one.slice(one.indexOf('=') + 1) }));
  const pull = cli.string('image-pull-policy');
  const securityContext = cli.string('profile') === 'sysadmin' ? { privileged: true } : security;
  return {
    name,
    image: cli.string('image'),
    ...words,
    ...(env.length === 0 ? {} : { env }),
    ...(pull === '' ? {} : { imagePullPolicy: pull }),
    terminationMessagePolicy: 'File',
    ...(cli.bool('stdin') ? { stdin: true } : {}),
    ...(cli.bool('tty') ? { tty: true } : {}),
    ...(Object.keys(securityContext).length === 0 ? {} : { securityContext }),
  };
}

const PTRACE = { capabilities: { add: ['SYS_PTRACE'] } };

/** An ephemeral container in the running pod. */
async function debugPod(ctx: Context, run: Run, pod: Fields): Promise<void> {
  const { cli } = run;
  const client = await run.client(ctx);
  const target = cli.string('target');
  if (target !== '')
    await say(
      ctx,
      run,
      `Targeting container ${JSON.stringify(target)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.`,
    );
  const all = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((key) => list(pod, 'spec', key));
  const name = await containerName(
    ctx,
    run,
    all.map((one) => text(one, 'name')),
  );
  const command = commandOf(run);
  const words = command.length === 0 ? {} : { command };
  const made = { ...container(run, name, words, PTRACE), ...(target === '' ? {} : { targetContainerName: target }) };
  const { namespace, name: podName } = object(pod, 'metadata') as { namespace: string; name: string };
  await client.patch(
    ctx,
    'pods',
    namespace,
    podName,
    'strategic',
    { spec: { ephemeralContainers: [made] } },
    { subresource: 'ephemeralcontainers', fieldManager: 'kubectl-debug' },
  );
  await attachTo(ctx, run, namespace, podName, name);
}

/** A pod on the node, in its namespaces, with its disk under /host. */
async function debugNode(ctx: Context, run: Run, node: Fields, namespace: string): Promise<void> {
  const { cli } = run;
  const client = await run.client(ctx);
  const nodeName = text(node, 'metadata', 'name');
  const pod = `node-debugger-${nodeName}-${suffix(ctx)}`;
  const name = cli.string('container') || 'debugger';
  await say(ctx, run, `Creating debugging pod ${pod} with container ${name} on node ${nodeName}.`);
  const command = commandOf(run);
  const made = {
    ...container(run, name, command.length === 0 ? {} : { command }, {}),
    volumeMounts: [{ mountPath: '/host', name: 'host-root' }],
  };
  await client.create(ctx, 'pods', namespace, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' } },
    spec: {
      containers: [made],
      hostIPC: true,
      hostNetwork: true,
      hostPID: true,
      nodeName,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      volumes: [{ name: 'host-root', hostPath: { path: '/' } }],
    },
  });
  await attachTo(ctx, run, namespace, pod, name);
}

async function debugCopy(ctx: Context, run: Run, pod: Fields): Promise<void> {
  const { cli } = run;
  const client = await run.client(ctx);
  const namespace = text(pod, 'metadata', 'namespace');
  const spec = object(pod, 'spec') ?? {};
  const { nodeName, ...rest } = spec;
  const wanted = cli.string('container');
  const command = commandOf(run);
  const own = list(spec, 'containers');
  const known = own.some((one) => text(one, 'name') === wanted);
  if (!known && cli.string('image') === '') throw new Failure('you must specify image when creating new container');
  const name = known
    ? wanted
    : await containerName(
        ctx,
        run,
        own.map((one) => text(one, 'name')),
      );
  const changed = (one: Fields): Fields => ({
    ...one,
    ...(cli.string('image') === '' ? {} : { image: cli.string('image') }),
    ...(command.length === 0 ? {} : { command, args: null }),
    ...(cli.bool('stdin') ? { stdin: true } : {}),
    ...(cli.bool('tty') ? { tty: true } : {}),
  });
  const containers = known
    ? own.map((one) => (text(one, 'name') === name ? changed(one) : one))
    : [...own, container(run, name, command.length === 0 ? {} : { command }, PTRACE)];
  const shares = cli.isSet('share-processes') ? cli.bool('share-processes') : true;
  if (cli.bool('replace')) await client.delete(ctx, 'pods', namespace, text(pod, 'metadata', 'name'));
  const copy = cli.string('copy-to');
  await client.create(ctx, 'pods', namespace, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: copy, annotations: field(pod, 'metadata', 'annotations') ?? {} },
    spec: {
      ...rest,
      ...(cli.bool('same-node') ? { nodeName } : {}),
      containers,
      ...(shares ? { shareProcessNamespace: true } : {}),
      ephemeralContainers: null,
    },
  });
  await attachTo(ctx, run, namespace, copy, name);
}

async function attachTo(ctx: Context, run: Run, namespace: string, pod: string, name: string): Promise<void> {
  const { cli } = run;
  const attaches = cli.isSet('attach') ? cli.bool('attach') : cli.bool('stdin');
  if (!attaches) return;
  const statusOf = (item: Fields): Fields | undefined =>
    ['containerStatuses', 'ephemeralContainerStatuses']
      .flatMap((key) => list(item, 'status', key))
      .find((one) => text(one, 'name') === name);
  const isUp = (item: Fields): boolean =>
    object(statusOf(item), 'state', 'running') !== undefined ||
    object(statusOf(item), 'state', 'terminated') !== undefined;
  const started = await until(ctx, run, namespace, `metadata.name=${pod}`, isUp);
  // Of what was too quick the log is left.
  if (object(statusOf(started), 'state', 'terminated') !== undefined) return printLog(ctx, run, namespace, pod, name);
  await attachOrLog(ctx, run, namespace, pod, name, await ttyOf(ctx, cli.bool('tty')));
}
