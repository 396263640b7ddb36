/** Random command lines for a tool: it answers, whatever it is told, and never for ever. */
import { crictlApp } from '../commands/crictl/app.ts';
import { ctrApp } from '../commands/ctr/app.ts';
import { dockerApp } from '../commands/docker/app.ts';
import { kubectlApp } from '../commands/kubectl/app.ts';
import { nerdctlApp } from '../commands/nerdctl/app.ts';
import type { CliApp } from '../go/cli-types.ts';
import type { CobraApp } from '../go/cobra-types.ts';
import type { ScenarioName } from '../machine/scenarios/index.ts';
import { Random } from '../sim/random.ts';
import { boot } from './boot.ts';

type Flag = { readonly name: string; readonly kind: string };
type Node = { readonly name: string; readonly flags?: readonly Flag[]; readonly subcommands?: readonly Node[] };
type Tool = {
  readonly root: Node;
  readonly globalFlags: readonly Flag[];
  readonly scenario: ScenarioName;
  /** What there is to be spoken of. */
  readonly before: readonly string[];
};

const ofCli = (app: CliApp): Pick<Tool, 'root' | 'globalFlags'> => ({
  root: { name: app.name, subcommands: app.commands },
  globalFlags: app.flags ?? [],
});
const ofCobra = ({ root, globalFlags }: CobraApp): Pick<Tool, 'root' | 'globalFlags'> => ({ root, globalFlags });
const plain = (
  name: string,
  commands: readonly string[],
  flags: readonly string[],
): Pick<Tool, 'root' | 'globalFlags'> => {
  const list = flags.map((flag) => ({ name: flag, kind: 'string' }));
  return {
    root: { name, subcommands: commands.map((command) => ({ name: command, flags: list })) },
    globalFlags: list,
  };
};

const RUNC_COMMANDS =
  'checkpoint create delete events exec kill list pause ps restore resume run spec start state update features';
const RUNC_FLAGS =
  'bundle console-socket pid-file no-pivot preserve-fds root log log-format debug force all format tty detach process memory pids-limit cpu-quota resources systemd-cgroup';
const IMAGE = 'docker.io/library/busybox:latest';
const OCI = [
  `ctr images pull ${IMAGE} > /dev/null`,
  `mkdir -p b/rootfs; ctr images mount ${IMAGE} b/rootfs > /dev/null; cd b; runc spec; sed -i 's/"sh"/"sleep", "1000"/; s/"terminal": true/"terminal": false/' config.json`,
];

/** By name. */
export const FUZZED_TOOLS: Readonly<Record<string, Tool>> = {
  ctr: {
    ...ofCli(ctrApp),
    scenario: 'bare',
    before: [`ctr images pull ${IMAGE} > /dev/null`, `ctr run -d ${IMAGE} c1 sleep 100000`, `ctr c create ${IMAGE} c2`],
  },
  nerdctl: {
    ...ofCobra(nerdctlApp),
    scenario: 'bare',
    before: ['nerdctl run -d --name c1 busybox sleep 100000; nerdctl create --name c2 busybox'],
  },
  crictl: {
    ...ofCli(crictlApp),
    scenario: 'bare',
    before: [
      'crictl pull busybox',
      `echo '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}' > a; echo '{"metadata":{"name":"c"},"image":{"image":"busybox"},"command":["top"],"linux":{}}' > b`,
      'crictl start $(crictl create $(crictl runp a) b a)',
    ],
  },
  kubectl: {
    ...ofCobra(kubectlApp),
    scenario: 'containerd',
    before: ['kubectl run c1 --image=busybox -- sleep 100000; kubectl create deployment c2 --image=nginx:alpine'],
  },
  docker: {
    ...ofCobra(dockerApp),
    scenario: 'docker',
    before: ['docker run -d --name c1 busybox sleep 100000; docker create --name c2 busybox'],
  },
  runc: {
    ...plain('runc', RUNC_COMMANDS.split(' '), RUNC_FLAGS.split(' ')),
    scenario: 'bare',
    before: [...OCI, 'runc run -d c1 > /dev/null < /dev/null 2>&1; runc create c2 > /dev/null < /dev/null 2>&1'],
  },
  crun: {
    ...plain('crun', RUNC_COMMANDS.split(' '), RUNC_FLAGS.split(' ')),
    scenario: 'bare',
    before: [...OCI, 'crun run -d c1 > /dev/null < /dev/null 2>&1; crun create c2 > /dev/null < /dev/null 2>&1'],
  },
};

const LONG = 5000;
const WORDS = [
  ...[
    'busybox',
    IMAGE,
    'c1',
    'c2',
    'nope',
    'pods',
    'pod/c1',
    'default',
    'k8s.io',
    'host',
    'net',
    'bridge',
    'all',
    'latest',
  ],
  ...['-', '--', '', ' ', '=', ':', '/', '..', '/tmp', '/dev/null', '/etc/passwd', 'a', 'b', 'c1:/x', './b'],
  ...[
    'a=b',
    'a=',
    '=b',
    'status=running',
    '{{.}}',
    '{{.ID',
    '{{json .}}',
    '{{range}}',
    '{.items[*]',
    '*',
    '[',
    '\\',
    '%s',
    '%!d',
    '$(x)',
  ],
  ...[
    '0',
    '1',
    '-1',
    '8080:80',
    '64m',
    '1e9',
    '1h',
    '-5s',
    '9999999999999999999999',
    '0x10',
    'NaN',
    'true',
    'false',
    'null',
    '[]',
    '{"a":1}',
  ],
  ...[
    'é',
    '日本語',
    '\u202e',
    '👩‍👩‍👧',
    '\n',
    '\t',
    'ſ',
    `sha256:${'0'.repeat(64)}`,
    'sha256:',
    '@',
    'a@b',
    'A/B',
    'x'.repeat(LONG),
    'é'.repeat(LONG),
  ],
];

function paths(command: Node, prefix: readonly string[]): { words: readonly string[]; command: Node }[] {
  return [
    { words: prefix, command },
    ...(command.subcommands ?? []).flatMap((child) => paths(child, [...prefix, child.name])),
  ];
}

const quoted = (word: string): string => `'${word.replaceAll("'", '')}'`;

/** Types so many lines; throws with the line when one of them is a fault of ours. What never ends is stopped after 2 s. */
export async function fuzzCommandLines(name: string, seed: number, lines: number): Promise<void> {
  const tool = FUZZED_TOOLS[name] as Tool;
  const node = await boot({ scenario: tool.scenario, seed });
  for (const line of tool.before) await node.run(line);
  const random = new Random(seed).fork(name);
  const all = paths(tool.root, []);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
  for (let i = 0; i < lines; i++) {
    const { words, command } = pick(all);
    const flags = [...(command.flags ?? []), ...tool.globalFlags];
    const line = [name, ...words];
    for (let k = random.below(4); k > 0 && flags.length > 0; k--) {
      const flag = pick(flags);
      const dashed = random.below(12) === 0 ? `--${pick(WORDS)}` : `--${flag.name}`;
      if (random.below(3) === 0 || flag.kind === 'bool') line.push(quoted(dashed));
      else line.push(quoted(`${dashed}=${pick(WORDS)}`));
    }
    for (let k = random.below(4); k > 0; k--) line.push(quoted(pick(WORDS)));
    const typed = line.join(' ');
    try {
      await node.run(`timeout -k 1 2 ${typed} </dev/null >/dev/null 2>&1`);
    } catch (error) {
      const reason = error instanceof Error ? error.stack : JSON.stringify(error);
      throw new Error(`${name}, seed ${seed}: ${typed.slice(0, 400)}\n${reason}`);
    }
  }
}
