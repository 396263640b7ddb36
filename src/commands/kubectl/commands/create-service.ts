/** @models k8s.io/kubectl pkg/cmd/create create_service.go @fidelity full */
import type { CobraCommand, Pflag } from '../../../go/cobra-types.ts';
import type { Fields } from '../../../protocols/kube/fields.ts';
import { Failure } from '../failure.ts';
import type { Action } from '../run.ts';
import { COMMON, nameOf, namespaceOf, send } from './create-common.ts';

const TCP: Pflag = { name: 'tcp', kind: 'stringSlice', usage: 'A port and the one behind it, as port:targetPort.' };
const PORT_MAX = 65_535;

function portOf(word: string, nodePort: number): Fields {
  const [first = '', second] = word.split(':');
  if (!/^\d+$/.test(first)) throw new Failure(`strconv.ParseUint: parsing ${JSON.stringify(first)}: invalid syntax`);
  if (Number(first) > PORT_MAX)
    throw new Failure(`strconv.ParseUint: parsing ${JSON.stringify(first)}: value out of range`);
  const target = second ?? first;
  const isNumber = /^\d+$/.test(target);
  if (isNumber && (Number(target) < 1 || Number(target) > PORT_MAX))
    throw new Failure('must be between 1 and 65535, inclusive');
  if (!isNumber && !/^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(target))
    throw new Failure('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  return {
    name: word.replaceAll(':', '-'),
    ...(nodePort === 0 ? {} : { nodePort }),
    port: Number(first),
    protocol: 'TCP',
    targetPort: isNumber ? Number(target) : target,
  };
}

type Kind = { name: string; type: string; use: string; short: string; flags: readonly Pflag[] };

const service = ({ name, type, use, short, flags }: Kind): CobraCommand<Action> => ({
  name,
  use,
  short,
  flags: [...COMMON, TCP, ...flags],
  action: async (ctx, run) => {
    const { cli } = run;
    const own = nameOf(run);
    const [words, address] = [cli.strings('tcp'), cli.has('clusterip') ? cli.string('clusterip') : ''];
    const externalName = cli.has('external-name') ? cli.string('external-name') : '';
    if (address !== 'None' && words.length === 0 && type !== 'ExternalName')
      throw new Failure('at least one tcp port specifier must be provided');
    if (
      type === 'ExternalName' &&
      !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(externalName)
    )
      throw new Failure(`invalid service external name ${externalName}`);
    const nodePort = cli.has('node-port') ? cli.number('node-port') : 0;
    const namespace = await namespaceOf(ctx, run);
    const ports = words.map((word) => portOf(word, nodePort));
    const item: Fields = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { labels: { app: own }, name: own, ...(namespace === null ? {} : { namespace }) },
      spec: {
        ...(address === '' ? {} : { clusterIP: address }),
        ...(externalName === '' ? {} : { externalName }),
        ...(ports.length === 0 ? {} : { ports }),
        selector: { app: own },
        type,
      },
      status: { loadBalancer: {} },
    };
    await send(ctx, run, 'services', item, `${type} service:`);
  },
});

export const createServiceCommand: CobraCommand<Action> = {
  name: 'service',
  aliases: ['svc'],
  use: '(clusterip | externalname | loadbalancer | nodeport)',
  short: 'Create a service using a specified subcommand',
  subcommands: [
    service({
      name: 'clusterip',
      type: 'ClusterIP',
      use: 'NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]',
      short: 'Create a ClusterIP service',
      flags: [{ name: 'clusterip', kind: 'string', usage: 'The address to have; None for a headless service.' }],
    }),
    service({
      name: 'externalname',
      type: 'ExternalName',
      use: 'NAME --external-name external.name [--dry-run=server|client|none]',
      short: 'Create an ExternalName service',
      flags: [{ name: 'external-name', kind: 'string', usage: 'The name that is meant.', required: true }],
    }),
    service({
      name: 'loadbalancer',
      type: 'LoadBalancer',
      use: 'NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
      short: 'Create a LoadBalancer service',
      flags: [],
    }),
    service({
      name: 'nodeport',
      type: 'NodePort',
      use: 'NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
      short: 'Create a NodePort service',
      flags: [{ name: 'node-port', kind: 'int', value: 0, usage: 'The port on every node.' }],
    }),
  ],
};
