/**
 * What is in etcd when the machine is switched on: objects that somebody made before, as kubeadm and those who set up a
 * cluster do.
 */
import { kubeadmAccess } from '../commands/kubeadm/access.ts';
import { setDefaults } from '../components/control-plane/api-server/defaults.ts';
import { bootstrapPolicy } from '../components/control-plane/api-server/rbac/bootstrap-policy.ts';
import { rfc3339 } from '../go/time.ts';
import { type Stored, snapshotText } from '../protocols/etcd/data-dir.ts';
import { apiVersionOf, resourceNamed } from '../protocols/kube/resources.ts';
import type { KubeObject } from '../protocols/kube/types.ts';
import type { Random } from '../sim/random.ts';
import type { DiskImage } from './disk-image.ts';
import { type KubernetesRelease, kubernetes136 } from './kubernetes-node.ts';

export type StoredObject = {
  /** Plural, as in URLs. */
  readonly resource: string;
  readonly object: {
    readonly metadata: { readonly name: string; readonly [field: string]: unknown };
    readonly [field: string]: unknown;
  };
};

const WITH_GENERATION = new Set(['Deployment', 'DaemonSet']);

/** With the roles that a first API server has made, and kubeadm's. */
export function etcdImage(
  disk: DiskImage,
  random: Random,
  objects: readonly StoredObject[],
  { adminGroup }: KubernetesRelease = kubernetes136,
): void {
  let revision = 1;
  const data = [...bootstrapPolicy(), ...kubeadmAccess(adminGroup), ...objects].map(
    ({ resource: plural, object }): [string, Stored] => {
      const resource = resourceNamed(plural);
      const uid = [8, 4, 4, 4, 12].map((length) => random.hex(length)).join('-');
      const metadata = {
        ...object.metadata,
        uid,
        creationTimestamp: rfc3339(disk.time),
        ...(WITH_GENERATION.has(resource.kind) ? { generation: 1 } : {}),
      };
      const whole = { kind: resource.kind, apiVersion: apiVersionOf(resource), ...structuredCopy(object), metadata };
      setDefaults(whole as unknown as KubeObject);
      revision++;
      const { namespace } = object.metadata as { namespace?: string };
      const key = [plural, ...(namespace === undefined ? [] : [namespace]), object.metadata.name].join('/');
      return [
        `/registry/${key}`,
        { value: JSON.stringify(whole), modRevision: revision, createRevision: revision, version: 1 },
      ];
    },
  );
  disk.file('/var/lib/etcd/member/snap/db', snapshotText(revision, new Map(data)), 0o600);
}

function structuredCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
