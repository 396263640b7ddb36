/**
 * podman run and create.
 * @models podman 5.4 cmd/podman/containers/{run,create}.go, pkg/specgen
 * @fidelity partial: of the options those below; pods say that they are not simulated
 */
import type { Pflag } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { print, printError, writeFileAtomic } from '../../linux/io.ts';
import { ALL_CAPABILITIES } from '../../protocols/oci-runtime/default-spec.ts';
import { failure } from '../cri-runtimes/shared/errors.ts';
import { ADJECTIVES, SURNAMES } from '../cri-runtimes/shared/name-words.ts';
import { configOf, pullImage } from './images.ts';
import { type LibpodContainer, needContainer, readDatabase, saveContainer } from './libpod/database.ts';
import { cleanUp, initContainer, removeContainer, specPath, startProcess, waitForExit } from './libpod/lifecycle.ts';
import { RuntimeFailure } from './libpod/monitor.ts';
import { createVolume } from './libpod/named-volumes.ts';
import { parsePort } from './libpod/ports.ts';
import { CAPABILITIES, type SpecOptions } from './libpod/spec.ts';
import { attachTerminal } from './libpod/terminal.ts';
import { parseMount, parseVolume, type Volume } from './libpod/volumes.ts';
import { type Command, findImage, openStore } from './run.ts';

const STOP_TIMEOUT_S = 10;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

const FLAGS: readonly Pflag[] = [
  { name: 'cap-add', kind: 'stringArray', usage: 'a capability more' },
  { name: 'cap-drop', kind: 'stringArray', usage: 'a capability less' },
  { name: 'cgroupns', kind: 'string', usage: 'private, host, container:NAME or ns:PATH' },
  { name: 'cpus', kind: 'float64', value: 0, usage: 'how many CPUs' },
  { name: 'entrypoint', kind: 'string', usage: 'instead of the entrypoint of the image' },
  { name: 'env', short: 'e', kind: 'stringArray', usage: 'a variable of its environment' },
  { name: 'hostname', short: 'h', kind: 'string', usage: 'its host name' },
  { name: 'interactive', short: 'i', kind: 'bool', usage: 'keep its standard input open' },
  { name: 'label', short: 'l', kind: 'stringArray', usage: 'NAME=VALUE that it can be found by' },
  { name: 'memory', short: 'm', kind: 'string', usage: 'limit of its memory, such as 64m' },
  { name: 'mount', kind: 'stringArray', usage: 'type=bind, volume or tmpfs, with source and target' },
  { name: 'name', kind: 'string', usage: 'its name' },
  { name: 'network', kind: 'string', value: 'bridge', usage: 'bridge, host or none' },
  { name: 'net', kind: 'string', value: 'bridge', usage: 'the same', hidden: true },
  { name: 'pid', kind: 'string', usage: 'private, host, container:NAME or ns:PATH' },
  { name: 'privileged', kind: 'bool', usage: 'with all capabilities, and nothing hidden' },
  { name: 'publish', short: 'p', kind: 'stringArray', usage: 'a port of the host that leads into it' },
  { name: 'pull', kind: 'string', value: 'missing', usage: 'always, missing, newer or never' },
  { name: 'quiet', short: 'q', kind: 'bool', usage: 'say nothing of a pull' },
  { name: 'read-only', kind: 'bool', usage: 'a root that cannot be written' },
  { name: 'replace', kind: 'bool', usage: 'in the place of one of the same name' },
  { name: 'restart', kind: 'string', usage: 'no, on-failure[:TIMES], always or unless-stopped' },
  { name: 'rm', kind: 'bool', usage: 'remove it when it has ended' },
  { name: 'stop-signal', kind: 'string', usage: 'what stops it' },
  { name: 'stop-timeout', kind: 'int', value: STOP_TIMEOUT_S, usage: 'seconds until it is killed' },
  { name: 'tty', short: 't', kind: 'bool', usage: 'on a terminal' },
  { name: 'user', short: 'u', kind: 'string', usage: 'as whom' },
  { name: 'volume', short: 'v', kind: 'stringArray', usage: 'a volume or a directory of the host in it' },
  { name: 'workdir', short: 'w', kind: 'string', usage: 'where' },
];
const MISSING: readonly Pflag[] = [
  { name: 'device', kind: 'stringArray', usage: 'not simulated' },
  { name: 'pod', kind: 'string', usage: 'not simulated' },
  { name: 'userns', kind: 'string', usage: 'not simulated' },
];

type Cli = Parameters<NonNullable<Command['action']>>[1];

async function freeName(ctx: Context): Promise<string> {
  const taken = new Set((await readDatabase(ctx)).containers.map(({ name }) => name));
  for (;;) {
    const pick = (list: readonly string[]): string => list[ctx.random.below(list.length)] ?? '';
    const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}`;
    if (!taken.has(name)) return name;
  }
}

/** A list in JSON, or one word. */
function entrypointWords(text: string): string[] {
  if (!text.startsWith('[')) return text === '' ? [] : [text];
  try {
    return (JSON.parse(text) as unknown[]).map(String);
  } catch {
    return [text];
  }
}

function bytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([bkmgt]?)b?$/i.exec(text);
  if (match === null) throw failure(`invalid value for memory: invalid size: '${text}'`);
  return Math.floor(
    Number(match[1]) * 1024 ** Math.max(0, ['', 'k', 'm', 'g', 't'].indexOf((match[2] ?? '').toLowerCase())),
  );
}

/** The default ones, with what is added and without what is dropped; `all` is all of them. */
function capabilitiesOf(cli: Cli): string[] {
  const names = (flag: string): string[] =>
    cli.strings(flag).map((word) => (/^all$/i.test(word) ? 'ALL' : `CAP_${word.toUpperCase().replace(/^CAP_/, '')}`));
  const added = names('cap-add');
  const dropped = names('cap-drop');
  const known = new Set<string>(ALL_CAPABILITIES);
  const odd = [...added, ...dropped].find((name) => name !== 'ALL' && !known.has(name));
  if (odd !== undefined) throw failure(`unknown capability: ${odd}`);
  const base = added.includes('ALL') ? [...known] : dropped.includes('ALL') ? [] : CAPABILITIES;
  return [...new Set([...base, ...added.filter((name) => name !== 'ALL')])].filter((name) => !dropped.includes(name));
}

/** Writes down what it is to be. Nothing runs yet. */
async function make(ctx: Context, cli: Cli, verb: string): Promise<{ container: LibpodContainer; spec: SpecOptions }> {
  const missing = MISSING.find(({ name }) => cli.isSet(name));
  if (missing !== undefined) {
    const what = `not simulated: podman ${verb} --${missing.name}`;
    ctx.trace.emit(ctx.span, ctx.process.pid, { kind: 'refusal', what });
    throw failure(what);
  }
  const [text, ...words] = cli.args;
  if (text === undefined) throw failure(`requires at least 1 arg(s), only received 0`);
  const ports = cli.strings('publish').map(parsePort);
  const cwd = await ctx.sys.getcwd(ctx);
  const given = [
    ...cli.strings('volume').map((one) => parseVolume(one, cwd)),
    ...cli.strings('mount').map((one) => parseMount(one, cwd)),
  ];
  const twice = given.find(({ destination }, i) => given.findIndex((one) => one.destination === destination) < i);
  if (twice !== undefined) throw failure(`${twice.destination}: duplicate mount destination`);
  const restart = restartOf(cli);
  const pidNamespace = await namespaceOf(ctx, cli.string('pid'), 'pid');
  const cgroupNamespace = await namespaceOf(ctx, cli.string('cgroupns'), 'cgroup');
  const network = cli.isSet('net') ? cli.string('net') : cli.string('network');
  if (network !== 'bridge' && network !== 'podman' && network !== 'host' && network !== 'none')
    throw failure(`unable to find network with name or ID ${network}: network not found`);
  const wanted = cli.string('name');
  if (wanted !== '' && !NAME.test(wanted))
    throw failure('running container create option: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument');
  const pull = cli.string('pull');
  let store = await openStore(ctx);
  let image = pull === 'always' || pull === 'newer' ? undefined : await findImage(ctx, store, text);
  if (image === undefined) {
    if (pull === 'never') throw failure(`${text}: image not known`);
    const id = await pullImage(ctx, store, text, cli.bool('quiet'));
    store = await openStore(ctx);
    image = store.findImage(id);
  }
  if (image === undefined) throw failure(`${text}: image not known`);
  const known = wanted === '' ? undefined : (await readDatabase(ctx)).containers.find(({ name }) => name === wanted);
  if (known !== undefined) {
    if (!cli.bool('replace'))
      throw failure(
        `creating container storage: the container name "${wanted}" is already in use by ${known.id}. You have to remove that container to be able to reuse that name: that name is already in use, or use --replace to instruct Podman to do so.`,
      );
    if (known.state === 'running' || known.state === 'created') await cleanUp(ctx, known.id, false);
    await removeContainer(ctx, known);
  }
  const { config = {} } = await configOf(ctx, store, image);
  const entrypoint = cli.isSet('entrypoint') ? entrypointWords(cli.string('entrypoint')) : (config.Entrypoint ?? []);
  const command = [...entrypoint, ...(words.length > 0 || cli.isSet('entrypoint') ? words : (config.Cmd ?? []))];
  if (command.length === 0) throw failure('no command or entrypoint provided, and no CMD or ENTRYPOINT from image');
  const id = ctx.random.hex(64);
  const name = wanted === '' ? await freeName(ctx) : wanted;
  const volumes = await namedVolumes(ctx, given, Object.keys(config.Volumes ?? {}));
  const imageName = image.names?.[0] ?? image.id;
  const created = Number(ctx.wallTime / 1_000_000_000n);
  await store.createContainer(
    ctx,
    id,
    [name],
    image,
    {
      ...{ 'pod-name': '', 'pod-id': '', 'image-name': imageName, 'image-id': image.id, name, 'metadata-name': '' },
      'created-at': created,
    },
    null,
  );
  const container: LibpodContainer = {
    id,
    name,
    image: imageName,
    imageId: image.id,
    command,
    created: String(ctx.wallTime),
    started: '0',
    finished: '0',
    state: 'configured',
    pid: 0,
    conmonPid: 0,
    exitCode: 0,
    oomKilled: false,
    autoRemove: cli.bool('rm'),
    terminal: cli.bool('tty'),
    stdin: cli.bool('interactive'),
    stopSignal: (cli.string('stop-signal') || config.StopSignal || 'SIGTERM').replace(/^(SIG)?/, 'SIG'),
    stopTimeout: cli.number('stop-timeout'),
    network: network === 'podman' ? 'bridge' : network,
    netns: '',
    address: '',
    ports: network === 'host' || network === 'none' ? [] : ports,
    bound: [],
    labels: { ...config.Labels, ...labelsOf(cli) },
    ...restart,
    restartCount: 0,
    stoppedByUser: false,
    volumes: volumes
      .filter(({ type }) => type === 'volume')
      .map(({ source, destination }) => ({ name: source, destination })),
  };
  const spec: SpecOptions = {
    env: cli.strings('env').map((entry) => (entry.includes('=') ? entry : `${entry}=${variable(ctx, entry)}`)),
    workdir: cli.string('workdir'),
    user: cli.string('user'),
    hostname: cli.string('hostname'),
    readOnly: cli.bool('read-only'),
    memory: cli.string('memory') === '' ? 0 : bytes(cli.string('memory')),
    cpus: cli.number('cpus'),
    privileged: cli.bool('privileged'),
    capabilities: capabilitiesOf(cli),
    volumes,
    pidNamespace,
    cgroupNamespace,
  };
  await writeFileAtomic(ctx, specPath(id), JSON.stringify(spec), 0o600);
  await saveContainer(ctx, container);
  return { container, spec };
}

function labelsOf(cli: Cli): Record<string, string> {
  return Object.fromEntries(
    cli.strings('label').map((entry) => {
      const [name = '', value = ''] = entry.split(/=(.*)/s);
      if (name === '') throw failure(`unable to process labels: invalid label format: "${entry}"`);
      return [name, value];
    }),
  );
}

const POLICIES = ['', 'no', 'on-failure', 'always', 'unless-stopped'];

function restartOf(cli: Cli): Pick<LibpodContainer, 'restartPolicy' | 'restartRetries'> {
  const [policy = '', times, ...more] = cli.string('restart').split(':');
  if (more.length > 0) throw failure('invalid restart policy: may specify retries at most once');
  if (cli.bool('rm') && policy !== '' && policy !== 'no')
    throw failure('the --rm option conflicts with --restart, when the restartPolicy is not "" and "no"');
  if (times !== undefined && policy.toLowerCase() !== 'on-failure')
    throw failure('restart policy retries can only be specified with on-failure restart policy');
  if (times !== undefined && !/^[-+]?\d+$/.test(times))
    throw failure(`parsing restart policy retry count: strconv.Atoi: parsing "${times}": invalid syntax`);
  if (Number(times ?? 0) < 0) throw failure('must specify restart policy retry count as a number greater than 0');
  if (!POLICIES.includes(policy)) throw failure(`"${policy}" is not a valid restart policy: invalid argument`);
  return { restartPolicy: policy, restartRetries: Number(times ?? 0) };
}

/** Empty for one of its own, `host`, or the path of another. */
async function namespaceOf(ctx: Context, mode: string, type: 'pid' | 'cgroup'): Promise<string> {
  if (mode === '' || mode === 'private') return '';
  if (mode === 'host') return mode;
  if (mode.startsWith('ns:')) return mode.slice('ns:'.length);
  if (!mode.startsWith('container:')) throw failure(`unrecognized namespace mode ${mode} passed`);
  const other = await needContainer(ctx, mode.slice('container:'.length));
  if (other.state !== 'running')
    throw failure(`container ${other.id} is not running, cannot share its ${type} namespace: container state improper`);
  return `/proc/${other.pid}/ns/${type}`;
}

/** Each volume that is named is there, and those that the image or nobody has named get a name. */
async function namedVolumes(ctx: Context, given: readonly Volume[], ofImage: readonly string[]): Promise<Volume[]> {
  const unnamed = ofImage.filter((path) => !given.some(({ destination }) => destination === path));
  const all: Volume[] = [
    ...given,
    ...unnamed.map((destination): Volume => ({ type: 'volume', source: '', destination, options: [] })),
  ];
  const made: Volume[] = [];
  for (const volume of all) {
    const { type, source } = volume;
    if (type !== 'volume') made.push(volume);
    else if (source === '') {
      const name = ctx.random.hex(64);
      await createVolume(ctx, name, { anonymous: true });
      made.push({ ...volume, source: name });
    } else {
      const known = (await readDatabase(ctx)).volumes.some(({ name }) => name === source);
      if (!known) await createVolume(ctx, source);
      made.push(volume);
    }
  }
  return made;
}

function variable(ctx: Context, name: string): string {
  return ctx.process.env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}

const create: NonNullable<Command['action']> = async (ctx, cli) => {
  const { container } = await make(ctx, cli, 'create');
  await print(ctx, `${container.id}\n`);
};

const run: NonNullable<Command['action']> = async (ctx, cli) => {
  const { container, spec } = await make(ctx, cli, 'run');
  try {
    await initContainer(ctx, container, spec);
  } catch (error) {
    if (container.autoRemove) await removeContainer(ctx, container, true);
    if (!(error instanceof RuntimeFailure)) throw error;
    await printError(ctx, `Error: ${error.message}\n`);
    return error.exitCode;
  }
  if (cli.bool('detach')) {
    await startProcess(ctx, container);
    await print(ctx, `${container.id}\n`);
    return 0;
  }
  await attachTerminal(ctx, container, () => startProcess(ctx, container));
  return waitForExit(ctx, container.id);
};

export const createCommand: Command = {
  name: 'create',
  use: '[options] IMAGE [COMMAND [ARG...]]',
  short: 'Create a container without starting it',
  flags: [...FLAGS, ...MISSING],
  flagsFirst: true,
  action: create,
};
export const runCommand: Command = {
  name: 'run',
  use: '[options] IMAGE [COMMAND [ARG...]]',
  short: 'Create and start a container',
  flags: [{ name: 'detach', short: 'd', kind: 'bool', usage: 'in the background' }, ...FLAGS, ...MISSING],
  flagsFirst: true,
  action: run,
};
