/**
 * Pods by filters, for pods and inspectp.
 * @models kubernetes-sigs/cri-tools cmd/crictl/sandbox.go ListPodSandboxes getSandboxesList
 * @fidelity full
 */
import type { Context } from '../../linux/context.ts';
import {
  ListPodSandboxRequest,
  PodSandbox,
  PodSandboxFilter,
  PodSandboxState,
  type PodSandboxStatus,
} from '../../protocols/cri/generated.ts';
import { toProtoText } from '../../protocols/prototext.ts';
import { byCreation, newest } from './age.ts';
import { GoLogFatal, wrapping } from './failure.ts';
import { debug } from './logger.ts';
import { matchesPattern } from './patterns.ts';
import { listPodSandbox } from './runtime-calls.ts';
import type { CriService } from './service.ts';

export type PodQuery = {
  readonly id?: string;
  readonly name: string;
  readonly namespace: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly latest: boolean;
  readonly last: number;
};

/** Newest first. */
export async function queryPods(ctx: Context, runtime: CriService, query: PodQuery): Promise<PodSandbox[]> {
  const filter = PodSandboxFilter.create({
    id: query.id ?? '',
    state: query.state === '' ? undefined : { state: stateOf(query.state) },
    labelSelector: query.labels,
  });
  const { logger } = runtime;
  const request = ListPodSandboxRequest.create({ filter });
  await debug(ctx, logger, () => `ListPodSandboxRequest: ${toProtoText(ListPodSandboxRequest, request)}`);
  const found = await wrapping('call list sandboxes RPC', () => listPodSandbox(ctx, runtime, filter));
  await debug(ctx, logger, () => {
    return `ListPodSandboxResponse: [${found.map((pod) => toProtoText(PodSandbox, pod)).join(' ')}]`;
  });
  const matching = found.filter(({ metadata }) => {
    if (metadata === undefined) return false;
    return matchesPattern(query.name, metadata.name) && matchesPattern(query.namespace, metadata.namespace);
  });
  return newest(matching.sort(byCreation), query.latest, query.last);
}

function stateOf(word: string): PodSandboxStatus['state'] {
  switch (word.toLowerCase()) {
    case 'ready':
      return PodSandboxState.SANDBOX_READY;
    case 'notready':
      return PodSandboxState.SANDBOX_NOTREADY;
    default:
      throw new GoLogFatal('--state should be ready or notready');
  }
}

export function podStateText(state: PodSandboxStatus['state']): string {
  switch (state) {
    case PodSandboxState.SANDBOX_READY:
      return 'Ready';
    case PodSandboxState.SANDBOX_NOTREADY:
      return 'NotReady';
    default:
      throw new GoLogFatal(`Unknown pod state "${String(state)}"`);
  }
}

export function runtimeHandlerText(pod: PodSandbox): string {
  return pod.runtimeHandler === '' ? '(default)' : pod.runtimeHandler;
}
