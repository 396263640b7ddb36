/**
 * The real crictl, outside, and the simulated one, inside the same node, print the same for every command that reads.
 * CRICTL names the real one (1.36); without it there is nothing to do.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bridge } from '../../headless/serve/bridge.ts';
import { HostFileSystem } from '../../headless/serve/host-directory.ts';
import { Publisher } from '../../headless/serve/publish.ts';
import { WallClock } from '../../headless/serve/wall-clock.ts';
import { ScriptSession } from '../../headless/session.ts';
import { Machine } from '../../machine/machine.ts';

const CRICTL = process.env['CRICTL'] ?? '';

/** Where logs go: a place that both see. */
const shared = mkdtempSync(join(tmpdir(), 'cutaway-crictl-logs-'));

const POD = (name: string, more: object = {}) => ({
  metadata: { name, namespace: 'default', uid: `u-${name}`, attempt: 1 },
  labels: { app: name, tier: 'x' },
  annotations: { note: 'a b' },
  log_directory: `${shared}/${name}`,
  linux: {},
  ...more,
});
const CONTAINER = (name: string, command: string[], more: object = {}) => ({
  metadata: { name },
  image: { image: 'busybox' },
  command,
  labels: { 'io.kubernetes.pod.name': 'one', 'io.kubernetes.pod.namespace': 'default', part: name },
  annotations: { why: 'test' },
  log_path: `${name}.log`,
  linux: {},
  ...more,
});
const FILES = {
  'one.json': POD('one', { hostname: 'host', dns_config: { servers: ['10.96.0.10'], searches: ['cluster.local'] } }),
  'two.json': POD('two', { linux: { security_context: { namespace_options: { network: 2 } } } }),
  'long.json': CONTAINER('long', ['sh', '-c', 'echo out; echo err >&2; exec sleep 100000'], {
    envs: [{ key: 'A', value: 'b' }],
    mounts: [{ container_path: '/data', host_path: '/tmp/data', readonly: true }],
    linux: { resources: { memory_limit_in_bytes: 67_108_864, cpu_quota: 50_000, cpu_period: 100_000 } },
  }),
  'short.json': CONTAINER('short', ['sh', '-c', 'echo -n partial; exit 3']),
  'made.json': CONTAINER('made', ['true'], { tty: true, stdin: true }),
};
const SETUP = [
  `mkdir -p /tmp/data ${shared}/one ${shared}/two`,
  ...Object.entries(FILES).map(([name, value]) => `cat > ${name} <<'E'\n${JSON.stringify(value)}\nE`),
  'crictl pull busybox; crictl pull nginx:alpine',
  'ONE=$(crictl runp one.json); TWO=$(crictl runp two.json)',
  'LONG=$(crictl create $ONE long.json one.json); crictl start $LONG',
  'SHORT=$(crictl create $ONE short.json one.json); crictl start $SHORT',
  'MADE=$(crictl create $TWO made.json two.json); sleep 1',
  // More of each than there are first letters of an id: some prefix is that of several.
  ...Array.from({ length: 15 }, (_, i) => [
    `sed 's/"made"/"m${i}"/' made.json > m.json; crictl create $TWO m.json two.json`,
    `sed 's/"two"/"p${i}"/g' two.json > p.json; crictl runp p.json`,
  ]).flat(),
  'IMAGE=$(crictl inspecti busybox | jq -r .status.id | cut -d: -f2); sed \'s/"made"/"extra"/\' made.json > extra.json',
];

const FORMATS = ['', '-o json', '-o yaml', '-o table', '-o xml', '-o bogus'];
const TEMPLATE = "-o go-template --template '{{range .containers}}{{.id}} {{.state}}{{end}}'";
const READS = [
  'version',
  ...FORMATS.map((format) => `info ${format}`),
  'info -q',
  "info -o go-template --template '{{.config.containerd.snapshotter}}{{.status}}'",
  'runtime-config',
  'runtime-config extra',
  ...['ps', 'ps -a', 'pods', 'images', 'stats', 'statsp', 'metricsp', 'metricdescs'].flatMap((command) =>
    FORMATS.map((format) => `${command} ${format}`),
  ),
  'ps -q',
  'ps -aq',
  'ps -av',
  'ps -ar',
  'ps -al',
  'ps -an 1',
  'ps -a --no-trunc',
  'ps -a --name lo',
  'ps -a --name "^s.*t$"',
  'ps -a --name "("',
  'ps -a --image busybox',
  'ps -a --image nginx',
  'ps -a --label part=long',
  'ps -a --label part',
  'ps -a --state exited',
  'ps -a --state Running',
  'ps -a --state bogus',
  'ps -p $ONE',
  'ps --id $LONG',
  'ps --id nope',
  'ps -s running',
  'ps extra',
  'ps --bogus',
  `ps -a ${TEMPLATE}`,
  "ps -o go-template --template '{{.nope'",
  'pods -q',
  'pods -v',
  'pods --no-trunc',
  'pods -l',
  'pods -n 1',
  'pods --id $ONE',
  'pods --name one',
  'pods --name "o"',
  'pods --namespace default',
  'pods --namespace "^kube"',
  'pods --label app=one',
  'pods --label app=one,tier=x',
  'pods --state ready',
  'pods --state NotReady',
  'pods --state bogus',
  'pods $ONE',
  'images -q',
  'images -v',
  'images --digests',
  'images --no-trunc',
  'images --pinned',
  'images nginx',
  'images busybox:latest',
  'images -f dangling=true',
  'images -f reference=nginx',
  'images -f bogus',
  'img -q',
  'inspect $LONG',
  'inspect $SHORT',
  'inspect $MADE',
  'inspect -o yaml $LONG',
  'inspect -o table $LONG',
  'inspect -q $LONG',
  "inspect -o go-template --template '{{.status.state}} {{.info.pid}}' $LONG",
  'inspect nope',
  'inspect',
  'inspect -a --name long',
  'inspect --name short',
  'inspect --label part=made',
  'inspectp $ONE',
  'inspectp -o yaml $TWO',
  'inspectp -o table $ONE',
  'inspectp -q $ONE',
  'inspectp nope',
  'inspectp --name two',
  'inspectp',
  'inspecti busybox',
  'inspecti -o yaml nginx:alpine',
  'inspecti -o table busybox',
  'inspecti -q busybox',
  'inspecti nope',
  'inspecti',
  'imagefsinfo',
  'imagefsinfo -o table',
  'imagefsinfo -o yaml',
  "imagefsinfo -o go-template --template '{{.status}}'",
  'stats -a',
  'stats --id $LONG',
  'stats --id nope',
  'stats -p $ONE',
  'stats --label part=long',
  'stats $LONG',
  'stats -s 0',
  'statsp --id $ONE',
  'statsp --label app=two',
  'statsp nope',
  // Prefixes: of none, of one, and of several.
  ...['inspect', 'inspectp', 'inspecti', 'logs', 'stats', 'statsp', 'exec -s'].flatMap((command) =>
    ['$LONG_', '$ONE_', '$IMAGE_', '$SAME_', '$SAMEPOD_', 'sha256:$IMAGE_'].map((id) => `${command} ${id}`),
  ),
  ...['start', 'stop', 'rm', 'attach', 'update --memory 1'].map((command) => `${command} $SAME_`),
  ...['stopp', 'rmp', 'port-forward'].map((command) => `${command} $SAMEPOD_`),
  ...['ps --id', 'ps -a -p', 'pods --id', 'stats --id', 'stats -p', 'statsp --id', 'metricsp'].flatMap((command) =>
    ['$LONG_', '$ONE_', '$SAME_', '$SAMEPOD_'].map((id) => `${command} ${id}`),
  ),
  'inspect $LONG $SHORT',
  'inspect $LONG nope $SHORT',
  'inspectp $ONE $TWO',
  'inspecti busybox nginx:alpine',
  ...FORMATS.flatMap((format) => [
    `inspect ${format} $MADE`,
    `inspectp ${format} $TWO`,
    `inspecti ${format} busybox`,
    `inspect ${format} -a --state exited`,
    `inspectp ${format} --label tier=x`,
    `imagefsinfo ${format}`,
    `ps -a ${format} --label part=long`,
    `pods ${format} --label app=two`,
    `images ${format} nginx`,
    `stats -a ${format} --label part=long`,
    `statsp ${format} --label app=one`,
    `version ${format}`,
    `runtime-config ${format}`,
    `config ${format} --list`,
  ]),
  ...[
    'ps',
    'pods',
    'images',
    'stats',
    'statsp',
    'metricsp',
    'inspect',
    'inspectp',
    'inspecti',
    'info',
    'imagefsinfo',
  ].map((command) => `${command} -o go-template`),
  "pods -o go-template --template '{{range .items}}{{.metadata.name}} {{.state}}\\n{{end}}'",
  "images -o go-template --template '{{range .images}}{{.id}} {{.repoTags}} {{.size}}\\n{{end}}'",
  "inspectp -o go-template --template '{{.status.network.ip}} {{.info.pid}}' $ONE",
  "inspecti -o go-template --template '{{.status.id}} {{index .status.repoTags 0}}' busybox",
  "info -o go-template --template '{{.nope.nope}}'",
  "statsp -o go-template --template '{{range .stats}}{{.attributes.id}}{{end}}'",
  'ps -a --name long --state running --image busybox',
  'ps -a --last 2 -q',
  'ps -a --pod $TWO -q',
  'ps -a --label part=nope',
  'ps -a --state unknown',
  'ps -a --state created',
  'ps --resolve-image-path -o json',
  'pods --namespace default --name "^t" --state ready -q',
  'pods --last 1 -o json',
  'pods --latest -v',
  'images -q busybox',
  'images --filter reference=busybox -o json',
  'images --filter dangling=false',
  'images --filter since=busybox',
  'images --filter before=nginx:alpine',
  'images --filter label=a',
  'images --digests nginx',
  'images nope',
  'inspecti $IMAGE_ -q',
  // What watches never ends by itself.
  ...[
    'stats --watch',
    'stats -w -s 0 $LONG',
    'statsp --watch',
    'metricsp --watch',
    'ps --watch',
    'events',
    'events -o json',
    'events -o yaml',
    'events -o table',
  ].map((command) => `@2 ${command}`),
  "@2 events -o go-template --template '{{.containerId}} {{.containerEventType}}'",
  '@2 events -o go-template',
  '@2 events -o bogus',
  '@2 events extra',
  '@2 logs -f $LONG',
  '@2 logs -f --tail 1 $LONG',
  'logs -f $SHORT',
  'logs $LONG',
  'logs $SHORT',
  'logs $MADE',
  'logs --tail 1 $LONG',
  'logs --tail -1 $LONG',
  'logs -t $SHORT',
  'logs --since 1h $LONG',
  'logs --since bogus $LONG',
  'logs --limit-bytes 2 $LONG',
  'logs -p $LONG',
  'logs nope',
  'logs',
  'exec -s $LONG cat /etc/hostname',
  'exec -s $LONG sh -c "echo o; echo e >&2; exit 4"',
  'exec -s --timeout 1 $LONG sleep 5',
  'exec $LONG echo hi',
  'exec $LONG nosuch',
  'exec $SHORT true',
  'exec nope true',
  'exec $LONG',
  'attach $MADE',
  'attach',
  'port-forward',
  'port-forward $ONE',
  'port-forward nope 80',
  'port-forward $ONE bogus',
  'update $LONG',
  'update',
  'update nope --memory 1',
  'update --memory 67108864 $LONG',
  'checkpoint',
  'checkpoint $LONG',
  'checkpoint --export /tmp/x.tar $LONG',
  'start',
  'start nope',
  'start $SHORT',
  'stop',
  'stop nope',
  'rm',
  'rm nope',
  'rm $LONG',
  'rmp nope',
  'rmp $ONE',
  'rmi',
  'rmi nope',
  'stopp',
  'stopp nope',
  'create',
  'create nope a b',
  'runp',
  'runp nope.json',
  'run',
  'pull',
  'pull nope.example/x',
  'pull --creds a busybox',
  'config --get timeout',
  'config',
  'update-runtime-config',
  'update-runtime-config --bogus',
  'bogus',
  '--bogus',
  'completion bogus',
  'completion',
  'completion zsh',
  'completion fish',
  '--help',
  'help',
  '--version',
  ...'attach checkpoint completion config create events exec imagefsinfo images info inspect inspecti inspectp logs metricdescs metricsp pods port-forward ps pull rm rmi rmp run runp runtime-config start stats statsp stop stopp update update-runtime-config version'
    .split(' ')
    .map((command) => `${command} --help`),
  '-r unix:///nope.sock ps',
  '-r unix:///nope.sock images',
  '-r /nope.sock version',
  '-r tcp://127.0.0.1:1 ps',
  '-r http://x ps',
  '-r unix:///etc/passwd ps',
  '-t bogus version',
  '-i unix:///nope.sock images',
  '--config /nope.yaml version',
];
/** What the two cannot have in common: the time of day, processes' numbers, amounts that go on, and paths. */
function normal(text: string, socket: string): string {
  return text
    .replaceAll(`unix://${socket}`, 'unix:///run/containerd/containerd.sock')
    .replace(/time="[^"]*"/g, 'time=T')
    .replace(/^([EWI])\d{4} [\d:.]+ +\d+ /gm, '$1 ')
    .replace(/^\d{4}\/\d\d\/\d\d [\d:]{8} /gm, '')
    .replace(/^(.*CREATED) +STATE/gm, '$1 STATE')
    .replace(/exec \\+"[0-9a-f]{64}/g, 'exec ID')
    .replace(/"\S*\/crictl\.yaml/g, '"PROGRAM/crictl.yaml')
    .replace(/\S*\/crictl\.yaml/g, 'PROGRAM/crictl.yaml')
    .replace(/(?:Less than a|\d+|About a) (?:second|minute)s? ago */g, 'AGO ')
    .replace(/"timestamp": ?"\d+"/g, '"timestamp": "N"')
    .replace(/(timestamp(?:\[0\])?): ?"?\d+"?/gi, '$1: N');
}

/** Descriptions are our own words: of help, what there is, with its defaults. */
function helpOnly(text: string): string {
  if (/^(?:#compdef|# crictl fish)/.test(text))
    return text.replace(/ -d '(?:[^'\\]|\\.)*'/gs, '').replace(/'([a-z-]+):(?:[^']|'(?! '|\)))*'(?= '|\))/g, '$1');
  if (!/^(?:Incorrect Usage: .*\n\n)?NAME:\n/.test(text)) return text;
  let section = '';
  const out: string[] = [];
  for (const line of text.split('\n')) {
    if (/^[A-Z][A-Z ]*:$/.test(line)) section = line;
    if (/^ *(?:Available filters|Conditions): *$|^ *(?:Multiple filters|Several must)/.test(line)) continue;
    if (section === 'DESCRIPTION:' || section === 'EXAMPLES:') continue;
    const [, words = '', rest = ''] = /^ {3}(\S.*?)(?: {2,}(.*))?$/.exec(line) ?? [];
    const value = /\(default: (?:"[^"]*"|[-\w.]+)\)/.exec(rest)?.[0] ?? '';
    const shown = words === '' ? line : `${words.replace(/ - .*/, '')} ${value} ${/\[\$.*\]/.exec(rest)?.[0] ?? ''}`;
    if (shown.trim() !== '') out.push(shown.trim());
  }
  return out.join('\n');
}

/** `@2 ps` is `ps`, ended after two seconds. */
function timed(line: string, program: string): string {
  const [, seconds, rest] = /^@(\d+) (.*)$/s.exec(line) ?? [];
  return seconds === undefined ? `${program} ${line}` : `timeout ${seconds} ${program} ${rest}`;
}

/** The first letter of several ids. */
function sharedStart(ids: string): string {
  const first = ids
    .trim()
    .split('\n')
    .map((id) => id[0] ?? '');
  return first.find((letter, at) => first.indexOf(letter) !== at) ?? '';
}

describe.skipIf(CRICTL === '')('crictl', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-crictl-'));
  const socket = join(directory, 'c.sock');
  let machine: Machine;
  let variables: Record<string, string>;

  const inside = async (line: string) => {
    const outcomes = await new ScriptSession(machine).run(line);
    return outcomes.at(-1) ?? { stdout: '', stderr: '', exitCode: -1 };
  };
  /** Something to tell for whoever listens next; returns what is not the same the next time. */
  const happen = async (line: string): Promise<string> => {
    if (!line.includes(' events')) return '';
    const { stdout } = await inside(
      `timeout 1 crictl events > /dev/null; X=$(crictl create ${variables['TWO']} extra.json two.json); crictl rm $X`,
    );
    return stdout.trim();
  };
  const outside = async (line: string) => {
    const bridge = new Bridge(machine);
    const publisher = new Publisher(machine.kernel, bridge, false);
    const clock = new WallClock(
      machine,
      () => bridge.hurried,
      () => {
        publisher.scan();
        bridge.settle();
      },
    );
    bridge.clock = clock;
    const server = bridge.serverFor({ family: 'unix', path: '/run/containerd/containerd.sock' });
    rmSync(socket, { force: true });
    await new Promise<void>((done) => server.listen(socket, done));
    const running = clock.run();
    const env = { ...variables, PATH: process.env['PATH'], TZ: 'UTC', CRI_CONFIG_FILE: join(directory, 'crictl.yaml') };
    const answer = await new Promise<{ stdout: string; stderr: string; exitCode: number }>((done) => {
      const child = execFile(
        'sh',
        ['-c', timed(line, `"${CRICTL}"`)],
        { env, cwd: directory, timeout: 20_000, maxBuffer: 1 << 24 },
        (error, stdout, stderr) => done({ stdout, stderr, exitCode: error === null ? 0 : Number(error.code ?? -1) }),
      );
      child.stdin?.end();
    });
    clock.stop();
    await running;
    bridge.close();
    return answer;
  };

  beforeAll(async () => {
    machine = await Machine.boot({
      scenario: 'bare',
      seed: 1,
      mount: { path: shared, open: (kernel) => new HostFileSystem(kernel.newDevice(), shared) },
      readyWallTimeNs: BigInt(Date.now()) * 1_000_000n,
    });
    const names = ['ONE', 'TWO', 'LONG', 'SHORT', 'MADE', 'IMAGE'];
    const { stdout } = await inside([...SETUP, `echo ${names.map((name) => `$${name}`).join(' ')}`].join('\n'));
    const values = stdout.trim().split(' ');
    variables = Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
    for (const name of ['LONG', 'ONE', 'IMAGE']) variables[`${name}_`] = (variables[name] ?? '').slice(0, 6);
    variables['SAME_'] = sharedStart((await inside('crictl ps -aq')).stdout);
    variables['SAMEPOD_'] = sharedStart((await inside('crictl pods -q')).stdout);
    const { stdout: config } = await inside('cat /etc/crictl.yaml');
    writeFileSync(join(directory, 'crictl.yaml'), config.replaceAll('/run/containerd/containerd.sock', socket));
  }, 60_000);
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
    rmSync(shared, { recursive: true, force: true });
  });

  test.each([...new Set(READS)])('%s', async (line) => {
    const set = Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
    const events = [await happen(line)];
    const ours = await inside(`${set}\n${timed(line, 'crictl')} < /dev/null`);
    events.push(await happen(line));
    const real = await outside(line);
    const shown = ({ stdout, stderr, exitCode }: typeof real) => {
      const text = events.reduce((out, id) => (id === '' ? out : out.replaceAll(id, 'ID')), stdout);
      const dated = /"createdAt": ?"\d+"|createdAt: "?\d+"?/g;
      const lines = helpOnly(normal(events[0] === '' ? text : text.replace(dated, 'createdAt'), socket));
      // How often something was looked at is a matter of moments.
      return {
        stdout: line.startsWith('@') ? [...new Set(lines.split('\n'))].join('\n') : lines,
        // Whether the real one still tells of the stream that it gave up is a race of its own.
        stderr: normal(stderr, socket).replace(/^.*"failed to receive streaming container event".*\n/gm, ''),
        exitCode,
      };
    };
    expect(shown(ours)).toEqual(shown(real));
  });
});
