/** @models k8s.io/kubectl pkg/cmd/expose/expose.go @fidelity partial: pods, services, ReplicationControllers, ReplicaSets and Deployments, one at a time */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { type Fields, list, object } from '../../../protocols/kube/fields.ts';
import { dryRunOf, reportDone, writeQuery } from '../dry-run.ts';
import { Failure, usageFailure } from '../failure.ts';
import { DRY_RUN, FIELD_MANAGER, FILENAME, PRINT, VALIDATE } from '../flags.ts';
import { annotated, changeCause, RECORD } from '../record.ts';
import type { Action } from '../run.ts';
import { hasManifests, manifestTargets, selectTargets } from '../select.ts';

export const exposeCommand: CobraCommand<Action> = {
  name: 'expose',
  use: '(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
  short: 'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
  group: 'Basic Commands (Beginner)',
  flags: [
    RECORD,
    ...PRINT,
    ...FILENAME,
    DRY_RUN,
    VALIDATE,
    FIELD_MANAGER('kubectl-expose'),
    { name: 'port', kind: 'string', usage: 'The port that the service serves on; that of the resource if not given.' },
    { name: 'target-port', kind: 'string', usage: 'Name or number of the port on the container.' },
    { name: 'protocol', kind: 'string', usage: 'TCP, UDP or SCTP.' },
    { name: 'type', kind: 'string', usage: 'ClusterIP, NodePort, LoadBalancer or ExternalName.' },
    { name: 'name', kind: 'string', usage: 'Name of the new service.' },
    { name: 'selector', kind: 'string', usage: 'Which pods the service is for: key=value pairs.' },
    { name: 'labels', short: 'l', kind: 'string', usage: 'Labels of the new service.' },
    { name: 'cluster-ip', kind: 'string', usage: 'The address to have; None for a headless service.' },
    { name: 'external-ip', kind: 'string', usage: 'An address more that leads to the service.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const fromFiles = hasManifests(run);
    const targets = fromFiles ? await manifestTargets(ctx, run) : await selectTargets(ctx, run, cli.args);
    const [target] = targets;
    if (target === undefined)
      throw usageFailure(cli.path, 'You must provide one or more resources by argument or filename.');
    const client = await run.client(ctx);
    const { resource, namespace, name } = target;
    if (name === null) throw new Failure('resource(s) were provided, but no name was specified');
    if (!['pods', 'services', 'replicationcontrollers', 'replicasets', 'deployments'].includes(resource.resource))
      throw new Failure(`cannot expose a ${resource.kind}`);
    const source = await client.get<Fields & { apiVersion: string; kind: string; metadata: never }>(
      ctx,
      resource,
      namespace,
      name,
    );
    const selector = selectorOf(resource.kind, source as Fields, cli.string('selector'));
    const protocolOf = cli.string('protocol');
    const ports =
      cli.string('port') === '' ? portsOf(resource.kind, source as Fields) : cli.string('port').split(',').map(Number);
    if (ports.length === 0) throw new Failure("couldn't find port via --port flag or introspection");
    const targetPort = cli.string('target-port');
    const generated: Fields = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: cli.string('name') || name,
        labels:
          cli.string('labels') === ''
            ? (object(source as Fields, 'metadata', 'labels') ?? {})
            : pairs(cli.string('labels')),
      },
      spec: {
        ports: ports.map((port, i) => ({
          ...(ports.length > 1 ? { name: `port-${i + 1}` } : {}),
          protocol: protocolOf || 'TCP',
          port,
          targetPort: targetPort === '' ? port : /^\d+$/.test(targetPort) ? Number(targetPort) : targetPort,
        })),
        selector,
        ...(cli.string('type') === '' ? {} : { type: cli.string('type') }),
        ...(cli.string('cluster-ip') === '' ? {} : { clusterIP: cli.string('cluster-ip') }),
        ...(cli.string('external-ip') === '' ? {} : { externalIPs: [cli.string('external-ip')] }),
      },
    };
    const service = annotated(generated, changeCause(cli));
    const dryRun = await dryRunOf(ctx, cli);
    if (dryRun === 'client') return await reportDone(ctx, cli, service, 'exposed', dryRun);
    const query = writeQuery(dryRun, cli.string('field-manager'));
    const created = await client.create<Fields>(ctx, 'services', namespace, service, query);
    await reportDone(ctx, cli, created, 'exposed', dryRun);
  },
};

function pairs(textual: string): Record<string, string> {
  return Object.fromEntries(
    textual.split(',').map((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return [key, value];
    }),
  );
}

function selectorOf(kind: string, source: Fields, given: string): Record<string, string> {
  if (given !== '') return pairs(given);
  const found =
    kind === 'Pod'
      ? object(source, 'metadata', 'labels')
      : kind === 'Service' || kind === 'ReplicationController'
        ? object(source, 'spec', 'selector')
        : object(source, 'spec', 'selector', 'matchLabels');
  if (found === undefined || Object.keys(found).length === 0)
    throw new Failure(
      `couldn't retrieve selectors via --selector flag or introspection: the ${kind.toLowerCase()} has no labels and cannot be exposed`,
    );
  return found as Record<string, string>;
}

function portsOf(kind: string, source: Fields): number[] {
  if (kind === 'Service') return list(source, 'spec', 'ports').map((port) => Number(port['port']));
  const containers =
    kind === 'Pod' ? list(source, 'spec', 'containers') : list(source, 'spec', 'template', 'spec', 'containers');
  return containers.flatMap((container) => list(container, 'ports').map((port) => Number(port['containerPort'])));
}
