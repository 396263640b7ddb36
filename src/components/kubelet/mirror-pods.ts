/**
 * Mirror pods: the API's pictures of static pods.
 * @models kubernetes 1.36 pkg/kubelet/pod/mirror_client.go
 */
import type { Context } from '../../linux/context.ts';
import type { KubeClient } from '../../protocols/kube/client.ts';
import { isStatusError } from '../../protocols/kube/status-error.ts';
import type { Node, Pod } from '../../protocols/kube/types.ts';
import { isExpected } from './client.ts';
import type { Log } from './log.ts';
import { CONFIG_HASH, CONFIG_MIRROR, podKey } from './pod.ts';

export class MirrorPods {
  private readonly client: KubeClient | null;
  private readonly log: Log;
  private readonly nodeName: string;
  private readonly mirrors = new Map<string, Pod>();

  constructor(client: KubeClient | null, log: Log, nodeName: string) {
    this.client = client;
    this.log = log;
    this.nodeName = nodeName;
  }

  of(pod: Pod): Pod | undefined {
    return this.mirrors.get(podKey(pod));
  }

  all(): Pod[] {
    return [...this.mirrors.values()];
  }

  note(mirror: Pod, gone: boolean): void {
    if (gone) this.mirrors.delete(podKey(mirror));
    else this.mirrors.set(podKey(mirror), mirror);
  }

  /** Creates the picture, or replaces one of an older manifest. A server that is away is no reason not to run the pod. */
  async ensure(ctx: Context, pod: Pod): Promise<void> {
    const { client, log, nodeName } = this;
    if (client === null) return;
    const hash = pod.metadata.annotations?.[CONFIG_HASH] ?? '';
    const mirror = this.of(pod);
    if (mirror !== undefined) {
      const isCurrent =
        mirror.metadata.annotations?.[CONFIG_MIRROR] === hash && mirror.metadata.deletionTimestamp === undefined;
      if (isCurrent) return;
      await this.delete(ctx, mirror);
    }
    try {
      const node = await client.get<Node>(ctx, 'nodes', null, nodeName);
      const { name, namespace = '', labels, annotations } = pod.metadata;
      const created = await client.create<Pod>(ctx, 'pods', namespace, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name,
          namespace,
          ...(labels === undefined ? {} : { labels }),
          annotations: { ...annotations, [CONFIG_MIRROR]: hash },
          ownerReferences: [
            { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid, controller: true },
          ],
        },
        spec: pod.spec,
      });
      this.mirrors.set(podKey(pod), created);
    } catch (error) {
      if (isStatusError(error, 'AlreadyExists')) return;
      if (!isExpected(error)) throw error;
      await log.error(ctx, 'kubelet.go:2030', error, 'Failed creating a mirror pod for', ['pod', podKey(pod)]);
    }
  }

  async delete(ctx: Context, mirror: Pod): Promise<void> {
    const { client, log } = this;
    if (client === null) return;
    const { name, namespace = '', uid } = mirror.metadata;
    await log.info(ctx, 2, 'mirror_client.go:131', 'Deleting a mirror pod', ['pod', podKey(mirror)], ['podUID', uid]);
    this.mirrors.delete(podKey(mirror));
    try {
      await client.delete(ctx, 'pods', namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isExpected(error)) throw error;
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict'))
        await log.error(ctx, 'mirror_client.go:139', error, 'Failed deleting a mirror pod', ['pod', podKey(mirror)]);
    }
  }
}
