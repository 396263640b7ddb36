/** Pairs of machines with one known difference: the answer names it. Pairs with none: it says so. */
import { describe, expect, it } from 'vitest';
import { configurationFiles } from '../../machine/configuration-files.ts';
import type { ScenarioName } from '../../machine/scenarios/index.ts';
import { boot } from '../../testing/boot.ts';
import { type ComparedMachine, type Comparison, compareMachines } from './first-difference.ts';
import { english } from './phrases.ts';
import { comparisonWords, differenceWords } from './words.ts';

const POD = '{"metadata":{"name":"p","namespace":"default","uid":"u1"},"log_directory":"/var/log/pods/p","linux":{}}';
const CONTAINER =
  '{"metadata":{"name":"c"},"image":{"image":"docker.io/library/busybox:1.36"},"command":["top"],"log_path":"c.log","linux":{}}';
const LINES = [
  'crictl runp pod.json > pod.id',
  'crictl pull docker.io/library/busybox:1.36',
  'crictl create $(cat pod.id) container.json pod.json > container.id',
  'crictl start $(cat container.id)',
  'crictl ps',
  'crictl rmp -f $(cat pod.id)',
];

type Told = {
  seed: number;
  scenario?: ScenarioName;
  files?: Record<string, string>;
  first?: readonly string[];
  lines?: readonly string[];
};

async function machine({ seed, scenario, files = {}, first = [], lines = LINES }: Told): Promise<ComparedMachine> {
  const all = { '/root/pod.json': POD, '/root/container.json': CONTAINER, ...files };
  const encoded = Object.entries(all).map(([path, text]) => [path, new TextEncoder().encode(text)] as const);
  const node = await boot({ scenario: scenario ?? 'bare', seed, files: Object.fromEntries(encoded) });
  const configuration = configurationFiles(node.machine.kernel);
  const outputs: string[] = [];
  for (const line of [...first, ...lines]) {
    const { stdout, stderr } = await node.run(line);
    outputs.push(stdout + stderr);
  }
  return { events: node.machine.trace.events, files: configuration, outputs, sharedFrom: first.length };
}

/** One difference of each kind, with what the answer must name: what is on the left, and what on the right. */
type Injected = { name: string; right: Omit<Told, 'seed'>; left?: Omit<Told, 'seed'>; names: RegExp; setUp?: RegExp };

const CONTAINERD = '/etc/containerd/config.toml';

async function injections(): Promise<Readonly<Record<string, readonly Injected[]>>> {
  const { machine: any } = await boot({ scenario: 'bare' });
  const configuration = configurationFiles(any.kernel);
  const edited = (path: string, from: string | RegExp, to: string): Record<string, string> => {
    const text = configuration.get(path) ?? '';
    expect(text).toMatch(from);
    return { [path]: text.replace(from, to) };
  };
  const cni = [...configuration.keys()].find((path) => path.endsWith('.conflist')) ?? '';
  return {
    config: [
      {
        name: 'sandbox image',
        right: { files: edited(CONTAINERD, 'pause:3.10', 'pause:3.9') },
        names: /resolve|manifests\/3\.9|manifests\/3\.10/,
        setUp: /pause:3\.9/,
      },
      {
        name: 'cgroup driver',
        right: { files: edited(CONTAINERD, 'SystemdCgroup = false', 'SystemdCgroup = true') },
        names: /--systemd-cgroup/,
        setUp: /SystemdCgroup = true/,
      },
      {
        name: 'bridge',
        right: { files: edited(cni, 'cni0', 'br7') },
        names: /link add cni0 bridge[\s\S]*link add br7 bridge/,
        setUp: /br7/,
      },
      {
        name: 'crictl endpoint',
        right: { files: edited('/etc/crictl.yaml', /runtime-endpoint:.*/, 'runtime-endpoint: unix:///run/none.sock') },
        names: /Version|RunPodSandbox/,
        setUp: /none\.sock/,
      },
    ],
    image: [
      {
        name: 'another image',
        right: {
          files: { '/root/container.json': CONTAINER.replace('busybox:1.36', 'alpine:3.22') },
          lines: LINES.map((line) => line.replace('busybox:1.36', 'alpine:3.22')),
        },
        names: /busybox[\s\S]*alpine/,
      },
      {
        name: 'a variable that only the message has',
        right: {
          files: {
            '/root/container.json': CONTAINER.replace('"log_path"', '"envs":[{"key":"A","value":"b"}],"log_path"'),
          },
        },
        names: /crictl sends CreateContainer \d+ bytes/,
      },
      {
        name: 'a tag that is not there',
        right: { lines: LINES.map((line) => line.replace('busybox:1.36', 'busybox:none')) },
        names: /busybox[\s\S]*none/,
      },
      {
        name: 'an image that was there before',
        right: { first: ['crictl pull registry.k8s.io/pause:3.10'] },
        names: /resolve|fetch|GET/,
      },
    ],
    fault: [
      { name: 'no runc', right: { first: ['rm /usr/bin/runc'] }, names: /runc create[\s\S]*executable file not found/ },
      {
        name: 'no shim',
        right: { first: ['rm /usr/bin/containerd-shim-runc-v2'] },
        names: /containerd-shim-runc-v2[\s\S]*not installed/,
      },
      {
        name: 'no daemon',
        right: { first: ['systemctl stop containerd'] },
        names: /calls Version[\s\S]*exit status 1/,
      },
      { name: 'no plugin', right: { first: ['rm /opt/cni/bin/bridge'] }, names: /bridge[\s\S]*failed to find plugin/ },
      {
        name: 'no registry',
        right: { first: ['echo 192.0.2.1 registry.k8s.io >> /etc/hosts'] },
        names: /registry\.k8s\.io|connect|HEAD/,
      },
    ],
    runtime: ['crun', 'kata', 'runsc'].map((handler) => ({
      name: handler,
      left: { first: ['R=runc'], lines: LINES.map((line) => line.replace('runp', 'runp --runtime $R')) },
      right: { first: [`R=${handler}`], lines: LINES.map((line) => line.replace('runp', 'runp --runtime $R')) },
      names:
        handler === 'crun'
          ? /runc create[\s\S]*crun create/
          : new RegExp(`containerd-shim-runc-v2[\\s\\S]*containerd-shim-${handler}-v`),
    })),
    command: ['crictl pods', 'ctr namespaces ls', 'touch /tmp/x', 'crictl exec $(cat container.id) true'].map(
      (line) => ({
        name: line,
        right: { lines: [...LINES.slice(0, 4), line, ...LINES.slice(4)] },
        names: new RegExp(`is not told so[\\s\\S]*is told \`${line.replace(/[$()]/g, '\\$&')}`),
      }),
    ),
  };
}

function told({ first, ...rest }: Comparison): string {
  if (first === null) return 'nothing';
  const { where, left, right } = differenceWords(first, english);
  return `${rest.typed.map((pair) => pair.join(' ')).join(' ')} ${where} ${left}\n${right}`;
}

describe('the first difference', async () => {
  const kinds = await injections();
  for (let seed = 1; seed <= 20; seed++) {
    const names = Object.keys(kinds);
    const kind = names[seed % names.length] as string;
    const list = kinds[kind] as readonly Injected[];
    const injected = list[Math.floor(seed / names.length) % list.length] as Injected;
    it(`names it: seed ${seed}, ${kind}: ${injected.name}`, async () => {
      const left = await machine({ seed, ...injected.left });
      const right = await machine({ seed: seed + 1000, ...injected.right });
      const comparison = compareMachines(left, right);
      expect(told(comparison)).toMatch(injected.names);
      // Who reads two sides that say the same learns nothing.
      for (const difference of comparison.differences) {
        const { where, left: a, right: b } = differenceWords(difference, english);
        expect(a, where).not.toBe(b);
      }
      const setUp = comparison.setUp.map((line) => `${line.path} ${line.left} ${line.right}`).join('\n');
      if (injected.setUp === undefined) expect(setUp).toBe('');
      else expect(setUp).toMatch(injected.setUp);
    });
  }

  it('is none between a machine and itself made again, nor where only what is random differs', async () => {
    const left = await machine({ seed: 3 });
    for (const seed of [3, 77]) {
      const comparison = compareMachines(left, await machine({ seed }));
      expect(comparisonWords(comparison, ['A', 'B'], english)).toEqual(['No difference.']);
    }
  });

  it('is none between two Kubernetes nodes where only what is random differs', async () => {
    const lines = [
      'kubectl create deployment d --image=busybox:1.36 --replicas=2 -- top',
      'sleep 8',
      'kubectl get pods',
      'kubectl delete deployment d',
      'sleep 3',
    ];
    const [left, right] = [
      await machine({ scenario: 'crio', seed: 5, lines }),
      await machine({ scenario: 'crio', seed: 6, lines }),
    ];
    expect(comparisonWords(compareMachines(left, right), ['A', 'B'], english)).toEqual(['No difference.']);
  });

  it('between containerd and CRI-O is how the pod gets its namespaces', async () => {
    const lines = LINES.slice(0, 1);
    const left = await machine({ seed: 1, lines });
    const right = await machine({ seed: 1, scenario: 'crio', lines });
    const comparison = compareMachines({ ...left, files: new Map() }, right);
    expect(comparison.counterparts).toEqual([['containerd', 'crio']]);
    expect(told(comparison)).toMatch(
      /RunPodSandbox: containerd: NewNetNS[\s\S]*NewTask[\s\S]*crio starts pinns[\s\S]*conmon/,
    );
  });
});
