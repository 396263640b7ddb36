/** @models k8s.io/kubectl pkg/cmd/describe describe.go, pkg/describe @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, list, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { ApiResource } from '../api-resource.ts';
import { roleBindingLines, roleLines, serviceAccountLines } from '../describe/access.ts';
import { configMapLines, namespaceLines, secretLines, serviceLines } from '../describe/config.ts';
import { genericLines } from '../describe/generic.ts';
import { nodeLines } from '../describe/node.ts';
import { podLines } from '../describe/pod.ts';
import {
  autoscalerLines,
  budgetLines,
  ingressLines,
  limitRangeLines,
  namespaceLimits,
  networkPolicyLines,
  priorityClassLines,
  quotaLines,
  signingRequestLines,
} from '../describe/policy.ts';
import { cronJobLines, endpointSliceLines, endpointsLines, statefulSetLines } from '../describe/sets.ts';
import { claimLines, storageClassLines, volumeLines } from '../describe/storage.ts';
import { eventLines, layOut } from '../describe/text.ts';
import { daemonSetLines, deploymentLines, jobLines, replicaSetLines } from '../describe/workloads.ts';
import { Failure, Failures, usageFailure } from '../failure.ts';
import { ALL_NAMESPACES, FILENAME, SELECTOR } from '../flags.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, listSelected, manifestTargets, selectTargets } from '../select.ts';
import { withKind } from './get.ts';

export const describeCommand: CobraCommand<Action> = {
  name: 'describe',
  use: '(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  short: 'Show details of a specific resource or group of resources',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    ...FILENAME,
    SELECTOR,
    ALL_NAMESPACES,
    { name: 'chunk-size', kind: 'int64', value: 500, usage: 'Ask for large lists in pieces.' },
    { name: 'show-events', kind: 'bool', value: true, usage: 'End with the events of the object.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length === 0 && !hasManifests(run)) {
      await printError(
        ctx,
        'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.\n\n',
      );
      throw usageFailure(cli.path, 'Required resource not specified.');
    }
    const targets = hasManifests(run)
      ? await manifestTargets(ctx, run)
      : await selectTargets(ctx, run, cli.args, { allNamespaces: cli.bool('all-namespaces') });
    const client = await run.client(ctx);
    const found: { item: Fields; resource: ApiResource }[] = [];
    const errors: unknown[] = [];
    for (const { resource, namespace, name } of targets) {
      try {
        if (name !== null) found.push({ item: (await client.get(ctx, resource, namespace, name)) as Fields, resource });
        else
          for (const item of await listSelected(ctx, run, { resource, namespace }))
            found.push({ item: withKind(item, resource), resource });
      } catch (error) {
        if (!isStatusError(error, 'NotFound') || name === null) throw error;
        const byPrefix = list(await client.list<Fields>(ctx, resource, namespace), 'items').filter((item) =>
          text(item, 'metadata', 'name').startsWith(name),
        );
        for (const item of byPrefix) found.push({ item: withKind(item, resource), resource });
        if (byPrefix.length === 0) errors.push(error);
      }
    }
    const pages: string[] = [];
    for (const { item, resource } of found) pages.push(await describe(ctx, run, item, resource));
    if (pages.length > 0) await print(ctx, pages.join('\n\n'));
    else if (errors.length === 0) {
      const scoped = targets.some(({ namespace }) => namespace !== null);
      await printError(
        ctx,
        scoped ? `No resources found in ${await run.namespace(ctx)} namespace.\n` : 'No resources found\n',
      );
    }
    if (errors.length > 0) throw new Failures(errors);
  },
};

/** Kinds whose page never shows events. */
const WITHOUT_EVENTS = new Set(
  'Secret Namespace Role ClusterRole RoleBinding ClusterRoleBinding ResourceQuota LimitRange NetworkPolicy'.split(' '),
);

/** What was found is fetched again by whoever describes it. */
async function describe(ctx: Context, run: Run, found: Fields, resource: ApiResource): Promise<string> {
  const { kind } = resource;
  const client = await run.client(ctx);
  const namespace = resource.namespaced ? text(found, 'metadata', 'namespace') : null;
  const item = withKind(
    (await client.get(ctx, resource, namespace, text(found, 'metadata', 'name'))) as Fields,
    resource,
  );
  const lines = await linesOf(ctx, run, item, kind);
  const withEvents = run.cli.bool('show-events') && !WITHOUT_EVENTS.has(kind);
  return layOut(withEvents ? [...lines, ...(await eventLines(ctx, run, item, kind))] : lines);
}

async function linesOf(ctx: Context, run: Run, item: Fields, kind: string): Promise<string[]> {
  switch (kind) {
    case 'Pod':
      return podLines(item, ctx.wallTime);
    case 'Node':
      return await nodeLines(ctx, run, item);
    case 'Deployment':
      return await deploymentLines(ctx, run, item);
    case 'ReplicaSet':
    case 'ReplicationController':
      return await replicaSetLines(ctx, run, item);
    case 'DaemonSet':
      return await daemonSetLines(ctx, run, item);
    case 'Job':
      return jobLines(item);
    case 'Secret':
      return secretLines(item);
    case 'ConfigMap':
      return configMapLines(item);
    case 'Service':
      return await serviceLines(ctx, run, item);
    case 'Namespace':
      return [...namespaceLines(item), ...(await namespaceLimits(ctx, run, text(item, 'metadata', 'name')))];
    case 'Role':
    case 'ClusterRole':
      return roleLines(item);
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return roleBindingLines(item);
    case 'ServiceAccount':
      return serviceAccountLines(item);
    case 'StatefulSet':
      return await statefulSetLines(ctx, run, item);
    case 'CronJob':
      return cronJobLines(item);
    case 'EndpointSlice':
      return endpointSliceLines(item);
    case 'Endpoints':
      return endpointsLines(item);
    case 'PersistentVolume':
      return volumeLines(item, ctx.wallTime);
    case 'PersistentVolumeClaim':
      return await claimLines(ctx, run, item);
    case 'StorageClass':
      return storageClassLines(item);
    case 'ResourceQuota':
      return quotaLines(item);
    case 'LimitRange':
      return limitRangeLines(item);
    case 'PodDisruptionBudget':
      return budgetLines(item);
    case 'PriorityClass':
      return priorityClassLines(item);
    case 'HorizontalPodAutoscaler':
      return autoscalerLines(item);
    case 'NetworkPolicy':
      return networkPolicyLines(item);
    case 'Ingress':
      return await ingressLines(ctx, run, item);
    case 'CertificateSigningRequest':
      return signingRequestLines(item);
    default:
      return genericLines(item);
  }
}
