/**
 * @models k8s.io/kubectl pkg/cmd/debug debug.go profiles.go
 * @fidelity partial: legacy is as general; no custom profiles
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

/** What a copy of a pod has of the original only if that is asked for. */
const KEPT = [
  { flag: 'keep-annotations', kept: false, what: 'the annotations' },
  { flag: 'keep-init-containers', kept: true, what: 'the init containers' },
  { flag: 'keep-labels', kept: false, what: 'the labels' },
  { flag: 'keep-liveness', kept: false, what: 'the liveness probes' },
  { flag: 'keep-readiness', kept: false, what: 'the readiness probes' },
  { flag: 'keep-startup', kept: false, what: 'the startup probes' },
];

export const debugCommand: CobraCommand<Action> = {
  name: 'debug',
  use: '(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
  short: 'Create debugging sessions for troubleshooting workloads and nodes',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    { name: 'arguments-only', kind: 'bool', usage: 'What follows -- are arguments, not the command.' },
    { name: 'attach', kind: 'bool', usage: 'Wait for the container and attach to it.' },
    { name: 'container', short: 'c', kind: 'string', usage: 'Name of the debugging container.' },
    { name: 'copy-to', kind: 'string', usage: 'Make a copy of the pod with this name.' },
    { name: 'env', kind: 'stringArray', usage: 'Environment variables of the container.' },
    { name: 'image', kind: 'string', usage: 'The image to run.' },
    { name: 'image-pull-policy', kind: 'string', usage: 'Always, IfNotPresent or Never.' },
    ...KEPT.map(({ flag, kept, what }) => ({
      name: flag,
      kind: 'bool' as const,
      value: kept,
      usage: `With --copy-to, keep ${what}.`,
    })),
    {
      name: 'profile',
      kind: 'string',
      value: 'general',
      usage: 'One of: general, baseline, restricted, netadmin, sysadmin, legacy.',
    },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Print no news.' },
    { name: 'replace', kind: 'bool', usage: 'With --copy-to, delete the original.' },
    { name: 'same-node', kind: 'bool', usage: 'With --copy-to, on the same node.' },
    {
      name: 'set-image',
      kind: 'stringArray',
      usage: 'With --copy-to, NAME=IMAGE,...: other images for containers; * is all.',
    },
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
    const images = imagesOf(run);
    const profile = cli.string('profile');
    if (PROFILES[profile] === undefined) throw new Failure(`unknown profile: ${profile}`);
    if (copies) {
      if (cli.string('image') === '' && images.size === 0 && commandOf(run).length === 0)
        throw new Failure('you must specify --image, --set-image or command arguments.');
      if (commandOf(run).length > 0 && cli.string('container') === '' && cli.string('image') === '')
        throw new Failure('you must specify an existing container or a new image when specifying args.');
    } else {
      for (const flag of ['replace', 'same-node'])
        if (cli.bool(flag)) throw new Failure(`--${flag} may only be used with --copy-to.`);
      if (images.size > 0) throw new Failure('--set-image may only be used with --copy-to.');
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

/** `--set-image`'s images, by container; `*` is all. */
function imagesOf(run: Run): Map<string, string> {
  const images = new Map<string, string>();
  for (const pair of run.cli.strings('set-image').flatMap((value) => value.split(','))) {
    const at = pair.indexOf('=');
    if (at < 0)
      throw new Failure(
        `invalid argument ${JSON.stringify(pair)} for "--set-image" flag: ${pair} must be formatted as key=value`,
      );
    images.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return images;
}

type Style = 'node' | 'copy' | 'ephemeral';
const PTRACE = { capabilities: { add: ['SYS_PTRACE'] } };
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
/** What each gives the container as security context. */
const PROFILES: Readonly<Record<string, (style: Style) => Fields>> = {
  legacy: (style) => (style === 'node' ? {} : PTRACE),
  general: (style) => (style === 'node' ? {} : PTRACE),
  baseline: () => ({}),
  restricted: () => RESTRICTED,
  netadmin: () => ({ capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } }),
  sysadmin: () => ({ privileged: true }),
};
/** Those that give a node's pod its namespaces, and those that give it the node's disk. */
const IN_HOST_NAMESPACES = ['general', 'legacy', 'netadmin', 'sysadmin'];
const WITH_HOST_DISK = ['general', 'legacy', 'sysadmin'];

function securityOf(run: Run, style: Style): Fields {
  return PROFILES[run.cli.string('profile')]?.(style) ?? {};
}

/** Command or arguments of the line. */
function wordsOf(run: Run): Fields {
  const words = commandOf(run);
  if (words.length === 0) return {};
  return run.cli.bool('arguments-only') ? { args: words } : { command: words };
}

function environment(run: Run): Fields {
  const env = run.cli
    .strings('env')
    .map((one) => ({ name: one.split('=')[0], value: one.slice(one.indexOf('=') + 1) }));
  const pull = run.cli.string('image-pull-policy');
  return { ...(env.length === 0 ? {} : { env }), ...(pull === '' ? {} : { imagePullPolicy: pull }) };
}

function container(run: Run, name: string, style: Style): Fields {
  const { cli } = run;
  const securityContext = securityOf(run, style);
  return {
    name,
    image: cli.string('image'),
    ...wordsOf(run),
    ...environment(run),
    terminationMessagePolicy: 'File',
    ...(cli.bool('stdin') ? { stdin: true } : {}),
    ...(cli.bool('tty') ? { tty: true } : {}),
    ...(Object.keys(securityContext).length === 0 ? {} : { securityContext }),
  };
}

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
  const made = { ...container(run, name, 'ephemeral'), ...(target === '' ? {} : { targetContainerName: target }) };
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
  const profile = cli.string('profile');
  const hasDisk = WITH_HOST_DISK.includes(profile);
  const made = {
    ...container(run, name, 'node'),
    ...(hasDisk ? { volumeMounts: [{ mountPath: '/host', name: 'host-root' }] } : {}),
  };
  await client.create(ctx, 'pods', namespace, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' } },
    spec: {
      containers: [made],
      ...(IN_HOST_NAMESPACES.includes(profile) ? { hostIPC: true, hostNetwork: true, hostPID: true } : {}),
      nodeName,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      ...(hasDisk ? { volumes: [{ name: 'host-root', hostPath: { path: '/' } }] } : {}),
    },
  });
  await attachTo(ctx, run, namespace, pod, name);
}

async function debugCopy(ctx: Context, run: Run, pod: Fields): Promise<void> {
  const { cli } = run;
  const client = await run.client(ctx);
  const namespace = text(pod, 'metadata', 'namespace');
  const spec = object(pod, 'spec') ?? {};
  const { nodeName, initContainers, ...rest } = spec;
  const wanted = cli.string('container');
  const images = imagesOf(run);
  const own = list(spec, 'containers').map((one): Fields => {
    const image = images.get(text(one, 'name')) ?? images.get('*');
    return image === undefined ? one : { ...one, image };
  });
  const known = own.some((one) => text(one, 'name') === wanted);
  const adds = !known && cli.string('image') !== '';
  if (!known && !adds && images.size === 0) throw new Failure('you must specify image when creating new container');
  // Where only images are set nothing is added, and there is nothing to attach to.
  const name = known
    ? wanted
    : !adds
      ? ''
      : await containerName(
          ctx,
          run,
          own.map((one) => text(one, 'name')),
        );
  const changed = (one: Fields): Fields => ({
    ...one,
    ...(cli.string('image') === '' ? {} : { image: cli.string('image') }),
    ...wordsOf(run),
    ...(commandOf(run).length === 0 || cli.bool('arguments-only') ? {} : { args: null }),
    ...environment(run),
    stdin: cli.bool('stdin'),
    tty: cli.bool('tty'),
    securityContext: { ...object(one, 'securityContext'), ...securityOf(run, 'copy') },
  });
  const all = adds
    ? [...own, container(run, name, 'copy')]
    : own.map((one) => (text(one, 'name') === name ? changed(one) : one));
  const dropped = ['liveness', 'readiness', 'startup'].filter((probe) => !cli.bool(`keep-${probe}`));
  const containers = all.map((one) => {
    const kept = { ...one };
    for (const probe of dropped) delete kept[`${probe}Probe`];
    return kept;
  });
  const shares = cli.isSet('share-processes') ? cli.bool('share-processes') : true;
  if (cli.bool('replace')) await client.delete(ctx, 'pods', namespace, text(pod, 'metadata', 'name'));
  const copy = cli.string('copy-to');
  await client.create(ctx, 'pods', namespace, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: copy,
      ...(cli.bool('keep-annotations') ? { annotations: field(pod, 'metadata', 'annotations') ?? {} } : {}),
      ...(cli.bool('keep-labels') ? { labels: field(pod, 'metadata', 'labels') ?? {} } : {}),
    },
    spec: {
      ...rest,
      ...(cli.bool('same-node') ? { nodeName } : {}),
      ...(cli.bool('keep-init-containers') && initContainers !== undefined ? { initContainers } : {}),
      containers,
      ...(shares ? { shareProcessNamespace: true } : {}),
      ephemeralContainers: null,
    },
  });
  if (name !== '') await attachTo(ctx, run, namespace, copy, name);
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
