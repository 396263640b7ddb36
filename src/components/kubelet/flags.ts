/**
 * The kubelet's command line.
 * @models kubernetes 1.36 cmd/kubelet/app/options/options.go
 * @fidelity partial: the flags that nodes are run with; most of what the configuration file also sets is only there
 */
import type { Pflag, PflagValue } from '../../go/cobra-types.ts';
import { indexFlags, parsePflags } from '../../go/pflag.ts';

const FLAGS: readonly Pflag[] = [
  { name: 'address', kind: 'string', usage: 'address that the server binds to' },
  { name: 'bootstrap-kubeconfig', kind: 'string', usage: 'kubeconfig used to ask for a client certificate' },
  { name: 'cgroup-driver', kind: 'string', usage: 'cgroupfs or systemd' },
  { name: 'cluster-dns', kind: 'stringSlice', usage: 'addresses of the DNS service' },
  { name: 'cluster-domain', kind: 'string', usage: 'domain of the cluster' },
  { name: 'config', kind: 'string', usage: 'configuration file' },
  { name: 'container-runtime-endpoint', kind: 'string', usage: 'socket of the container runtime' },
  { name: 'feature-gates', kind: 'stringSlice', usage: 'features to switch on or off' },
  { name: 'help', short: 'h', kind: 'bool', usage: 'help for kubelet' },
  { name: 'hostname-override', kind: 'string', usage: 'name of the node instead of the host name' },
  {
    name: 'image-service-endpoint',
    kind: 'string',
    usage: 'socket of the image service; default: the runtime endpoint',
  },
  { name: 'kubeconfig', kind: 'string', usage: 'how to reach the API server; without it the kubelet stands alone' },
  { name: 'max-pods', kind: 'int', usage: 'pods that fit on the node', value: 110 },
  { name: 'node-ip', kind: 'string', usage: 'address of the node' },
  { name: 'node-labels', kind: 'stringSlice', usage: 'labels to register the node with' },
  { name: 'pod-infra-container-image', kind: 'string', usage: 'ignored: the image is the runtime’s affair' },
  { name: 'pod-manifest-path', kind: 'string', usage: 'directory of static pods' },
  { name: 'port', kind: 'int', usage: 'port of the server', value: 10250 },
  { name: 'register-node', kind: 'bool', usage: 'register with the API server', value: true },
  { name: 'register-with-taints', kind: 'stringSlice', usage: 'taints to register the node with' },
  { name: 'resolv-conf', kind: 'string', usage: 'resolver configuration that pods start from' },
  { name: 'root-dir', kind: 'string', usage: 'directory of the kubelet’s files', value: '/var/lib/kubelet' },
  { name: 'runtime-request-timeout', kind: 'duration', usage: 'timeout of requests to the runtime' },
  { name: 'v', short: 'v', kind: 'int', usage: 'verbosity of the log' },
  { name: 'version', kind: 'bool', usage: 'print the version' },
];

export type Flags = {
  readonly changed: ReadonlySet<string>;
  text(name: string): string;
  number(name: string): number;
  list(name: string): readonly string[];
  bool(name: string): boolean;
};

export type FlagsResult = { readonly flags: Flags } | { readonly error: string };

/** `more`: what the release has besides. */
export function parseFlags(words: readonly string[], more: readonly Pflag[] = []): FlagsResult {
  const parsed = parsePflags(indexFlags([...FLAGS, ...more]), words);
  if (!parsed.ok) return { error: `failed to parse kubelet flag: ${parsed.error}` };
  const { values, changed, args } = parsed.set;
  if (args.length > 0) return { error: `unknown command ${args.join(' ')}` };
  const value = (name: string): PflagValue | undefined => values.get(name);
  return {
    flags: {
      changed,
      text: (name) => String(value(name) ?? ''),
      number: (name) => Number(value(name) ?? 0),
      list: (name) => (value(name) as readonly string[] | undefined) ?? [],
      bool: (name) => value(name) === true,
    },
  };
}

export function usageText(more: readonly Pflag[] = []): string {
  const lines = [...FLAGS, ...more].map(({ name, short, usage }) => {
    const names = short === undefined || short === name ? `      --${name}` : `  -${short}, --${name}`;
    return `${names.padEnd(40)}${usage}`;
  });
  return `The kubelet runs the pods of its node through a container runtime.

Usage:
  kubelet [flags]

Flags:
${lines.join('\n')}
`;
}
