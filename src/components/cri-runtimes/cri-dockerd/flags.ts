/** cri-dockerd's command line. @models cri-dockerd 0.3.4 cmd/cri/options/options.go, config/options.go @fidelity full */
import type { Pflag } from '../../../go/cobra-types.ts';
import { defaultText } from '../../../go/pflag.ts';
import { quote } from '../../../go/quote.ts';

export const FLAGS: readonly Pflag[] = [
  { name: 'buildinfo', kind: 'bool', usage: 'Print what this binary was built from' },
  {
    name: 'cni-bin-dir',
    kind: 'string',
    value: '/opt/cni/bin',
    usage: 'Directories of CNI plugins, with commas between',
  },
  { name: 'cni-cache-dir', kind: 'string', value: '/var/lib/cni/cache', usage: 'Where CNI keeps its results' },
  { name: 'cni-conf-dir', kind: 'string', value: '/etc/cni/net.d', usage: 'Directory of CNI configurations' },
  {
    name: 'container-runtime-endpoint',
    kind: 'string',
    value: 'unix:///var/run/cri-dockerd.sock',
    usage: 'Where the CRI is served; fd:// takes the socket that systemd hands over',
  },
  {
    name: 'cri-dockerd-root-directory',
    kind: 'string',
    value: '/var/lib/cri-dockerd',
    usage: 'Directory of its own records',
  },
  { name: 'docker-endpoint', kind: 'string', value: 'unix:///var/run/docker.sock', usage: 'Where Docker answers' },
  { name: 'hairpin-mode', kind: 'string', value: 'none', usage: 'How a pod reaches itself through a Service (alpha)' },
  { name: 'help', short: 'h', kind: 'bool', usage: 'Help for cri-dockerd' },
  {
    name: 'image-pull-progress-deadline',
    kind: 'duration',
    value: 60_000_000_000,
    usage: 'Time in which a pull must show progress',
  },
  { name: 'ipv6-dual-stack', kind: 'bool', usage: 'Addresses of both families' },
  { name: 'log-level', kind: 'string', value: 'info', usage: 'The least level that is logged' },
  { name: 'network-plugin', kind: 'string', value: 'cni', usage: 'Who connects pods: cni or kubenet' },
  { name: 'network-plugin-mtu', kind: 'int', value: 0, usage: 'MTU for the network plugin (alpha)' },
  { name: 'pod-cidr', kind: 'string', usage: 'Addresses of pods where no control plane gives any' },
  {
    name: 'pod-infra-container-image',
    kind: 'string',
    value: 'registry.k8s.io/pause:3.6',
    usage: 'Image of the container whose namespaces the others of a pod join',
  },
  { name: 'runtime-cgroups', kind: 'string', usage: 'A cgroup that the runtime is put into' },
  { name: 'runtime-request-timeout', kind: 'duration', value: 0, usage: 'Time that a request to Docker may take' },
  { name: 'streaming-bind-addr', kind: 'string', usage: 'Address of the streaming server; all of them if not given' },
  { name: 'version', kind: 'bool', usage: 'Print the version' },
];

export function usageText(): string {
  const lines = FLAGS.map((flag) => {
    const names = flag.short === undefined ? `      --${flag.name}` : `  -${flag.short}, --${flag.name}`;
    const kind = flag.kind === 'bool' ? '' : ` ${flag.kind}`;
    const value = flag.value === undefined || flag.value === 0 ? '' : ` (default ${shown(flag)})`;
    return { names: `${names}${kind}`, usage: `${flag.usage}${value}` };
  });
  const width = Math.max(...lines.map(({ names }) => names.length));
  return `Usage:\n  cri-dockerd\n\nFlags:\n${lines.map(({ names, usage }) => `${names.padEnd(width)}   ${usage}\n`).join('')}`;
}

const shown = (flag: Pflag): string => (flag.kind === 'string' ? quote(String(flag.value)) : defaultText(flag));
