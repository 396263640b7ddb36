/**
 * kube-controller-manager: the loops that make the world what the objects say.
 * @models kubernetes 1.36 cmd/kube-controller-manager/app
 * @fidelity partial: the controllers named below
 */

import { readFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { decodePem } from '../../../protocols/distribution/tls-model.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { runComponent } from '../common/component.ts';
import { newRecorder } from '../common/events.ts';
import { release123, release124, release136, type VersionInfo } from '../common/releases.ts';
import { startCertificates } from './certificates.ts';
import { startCronJobs } from './cron-job.ts';
import { startDaemonSets } from './daemon-set.ts';
import { startDeployments } from './deployment.ts';
import { startDisruption } from './disruption.ts';
import { startEndpointSlices } from './endpoint-slice.ts';
import { startEndpoints } from './endpoints.ts';
import { startEphemeralVolumes } from './ephemeral-volumes.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startHorizontal } from './horizontal.ts';
import { startJobs } from './job.ts';
import { startNamespaces } from './namespace.ts';
import { startNodeLifecycle } from './node-lifecycle.ts';
import { startReplicaSets, startReplicationControllers } from './replica-set.ts';
import { startResourceQuotas } from './resource-quota.ts';
import { newShared } from './shared.ts';
import { startStatefulSets } from './stateful-set.ts';
import { startTtl } from './ttl.ts';
import { startVolumeBinder } from './volume-binder.ts';

const HEALTH_PORT = 10_257;

/** Since 1.35 a set says how many of its pods are on their way out. */
const countsTerminating = (minor: string): boolean => Number(minor) >= 35;

const program = (name: string, { gitVersion: version, minor = '' }: VersionInfo): Program => ({
  name,
  main: (ctx, argv) =>
    runComponent(
      ctx,
      argv,
      { name: 'kube-controller-manager', version, healthPort: HEALTH_PORT, startNs: LATENCY.controllerManagerStartNs },
      async (c, client, flags) => {
        const rootCa = await readFile(c, flags.get('root-ca-file') ?? '/etc/kubernetes/pki/ca.crt');
        const shared = newShared(c, client);
        startNamespaces(c, client, rootCa);
        startNodeLifecycle(
          c,
          client,
          shared,
          newRecorder(c, client, 'node-controller'),
          newRecorder(c, client, 'taint-eviction-controller'),
        );
        startTtl(c, client, shared);
        startReplicaSets(c, client, shared, newRecorder(c, client, 'replicaset-controller'), countsTerminating(minor));
        startReplicationControllers(c, client, shared, newRecorder(c, client, 'replication-controller'));
        startDeployments(c, client, shared, newRecorder(c, client, 'deployment-controller'), countsTerminating(minor));
        startDaemonSets(c, client, shared, newRecorder(c, client, 'daemonset-controller'));
        startJobs(c, client, shared, newRecorder(c, client, 'job-controller'));
        startCronJobs(c, client, shared, newRecorder(c, client, 'cronjob-controller'));
        startStatefulSets(c, client, shared, newRecorder(c, client, 'statefulset-controller'));
        startEndpointSlices(c, client, shared);
        startEndpoints(c, client, shared);
        startGarbageCollector(c, client, shared);
        startVolumeBinder(c, client, shared, newRecorder(c, client, 'persistentvolume-controller'));
        startEphemeralVolumes(c, client, shared, newRecorder(c, client, 'ephemeral_volume'));
        startResourceQuotas(c, client, shared);
        startDisruption(c, client, shared, newRecorder(c, client, 'controllermanager'));
        startCertificates(c, client, decodePem(rootCa)?.subject ?? 'kubernetes');
        startHorizontal(c, client, newRecorder(c, client, 'horizontal-pod-autoscaler'));
      },
    ),
  layer: 'control-plane',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 130_000_000,
  threads: 10,
});

export const kubeControllerManagerProgram = program('kube-controller-manager', release136);
export const kubeControllerManager123Program = program('kube-controller-manager-1.23', release123);
export const kubeControllerManager124Program = program('kube-controller-manager-1.24', release124);
