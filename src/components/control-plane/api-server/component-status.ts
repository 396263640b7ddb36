/**
 * How the control plane is: nothing that is stored, asked at the moment of the request.
 * @models kubernetes 1.36 pkg/registry/core/componentstatus rest.go validator.go, rest/storage_core.go componentStatusStorage
 * @fidelity partial: one after the other, and always in the same order
 */
import type { GoError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { newTransport } from '../../../protocols/kube/transport.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import type { Store } from './store.ts';

/** They listen beside the API server, as kubeadm sets them up. */
const PROBED = [
  ['controller-manager', 10_257],
  ['scheduler', 10_259],
] as const;

export async function componentStatuses(ctx: Context, store: Store, minor: number): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  for (const [name, port] of PROBED) found.push(statusOf(name, await answerOf(() => probe(ctx, port))));
  const etcd = await answerOf(async () => {
    await store.ping(ctx);
    return minor < 27 ? '{"health":"true","reason":""}' : 'ok';
  });
  found.push(statusOf('etcd-0', etcd));
  return found;
}

type Answer = { readonly isWell: boolean; readonly message: string };

async function answerOf(ask: () => Promise<string>): Promise<Answer> {
  try {
    return { isWell: true, message: await ask() };
  } catch (error) {
    if (typeof (error as GoError).before !== 'string') throw error;
    return { isWell: false, message: (error as GoError).message };
  }
}

async function probe(ctx: Context, port: number): Promise<string> {
  const transport = newTransport({
    server: `https://127.0.0.1:${port}`,
    issuers: [],
    skipVerify: true,
    clientCertificate: null,
    token: null,
    namespace: '',
    userAgent: 'kube-probe/',
  });
  try {
    const response = await transport.open(ctx, { method: 'GET', target: '/healthz', headers: [], body: '' });
    return await transport.body(ctx, response);
  } finally {
    await transport.close(ctx);
  }
}

function statusOf(name: string, { isWell, message }: Answer): KubeObject {
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: isWell ? 'True' : 'False', message }],
  } as unknown as KubeObject;
}
