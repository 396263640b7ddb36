/**
 * ContainerStatus, with the verbose part that `crictl inspect` shows.
 * @models containerd 2.1 internal/cri/server/container_status.go
 * @fidelity full
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import {
  ContainerConfig,
  ContainerState,
  type ContainerStatus,
  type ContainerStatusRequest,
  type ContainerStatusResponse,
} from '../../../../protocols/cri/generated.ts';
import type { Spec } from '../../../../protocols/oci-runtime/types.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { isNotFound, wrap } from '../../shared/errors.ts';
import { marshal, messageToJson, unmarshalJson } from '../../shared/go-json.ts';
import type { ContainerRecord } from '../containers/container-store.ts';
import { runtimeOptionsOf } from '../containers/container-store.ts';
import { stateOf } from './container-state.ts';
import type { CriService } from './cri-service.ts';
import { type CriImage, parseImageReferences } from './image-store.ts';
import { shownRuntimeOptions } from './runtime-options.ts';
import { CRI_NAMESPACE, type CriContainer } from './types.ts';

export async function containerStatus(
  _ctx: Context,
  cri: CriService,
  request: ContainerStatusRequest,
): Promise<Input<ContainerStatusResponse>> {
  let container: CriContainer;
  try {
    container = cri.containers.get(request.containerId);
  } catch (error) {
    throw wrap(`an error occurred when try to find container ${quote(request.containerId)}`, error);
  }
  const record = cri.parts.containers.find(CRI_NAMESPACE, container.id);
  const status = toCriStatus(cri, container, record);
  if (!request.verbose) return { status };
  return { status, info: { info: verboseInfo(cri, container) } };
}

function toCriStatus(
  cri: CriService,
  container: CriContainer,
  record: ContainerRecord | undefined,
): Input<ContainerStatus> {
  const { metadata, status } = container;
  const { config } = metadata;
  const state = stateOf(status);
  let reason = status.reason;
  if (state === ContainerState.CONTAINER_EXITED && reason === '')
    reason = status.exitCode === 0 ? 'Completed' : 'Error';
  const started = state !== ContainerState.CONTAINER_CREATED;
  const ended = state === ContainerState.CONTAINER_EXITED || state === ContainerState.CONTAINER_UNKNOWN;
  let image = config.image;
  let imageRef = metadata.imageRef;
  const known = findImage(cri, imageRef);
  if (known !== null) {
    const { tags, digests } = parseImageReferences(known.references);
    if (tags[0] !== undefined)
      image = { image: tags[0], annotations: {}, userSpecifiedImage: '', runtimeHandler: '', imageRef: '' };
    imageRef = digests[0] ?? imageRef;
  }
  return {
    id: container.id,
    ...(config.metadata === undefined ? {} : { metadata: config.metadata }),
    state,
    createdAt: status.createdAt,
    startedAt: started ? status.startedAt : 0n,
    finishedAt: ended ? status.finishedAt : 0n,
    exitCode: status.exitCode,
    ...(image === undefined ? {} : { image }),
    imageRef,
    reason,
    message: status.message,
    labels: config.labels,
    annotations: config.annotations,
    mounts: config.mounts,
    logPath: metadata.logPath,
    ...(status.resources === null ? {} : { resources: { linux: status.resources } }),
    user: userOf(record),
  };
}

function findImage(cri: CriService, id: string): CriImage | null {
  try {
    return cri.images.get(id);
  } catch (error) {
    if (!isNotFound(error)) throw wrap(`failed to get image ${quote(id)}`, error);
    return null;
  }
}

function userOf(record: ContainerRecord | undefined): Input<NonNullable<ContainerStatus['user']>> {
  if (record === undefined) return {};
  let user = users.get(record);
  if (user === undefined) {
    user = specOf(record).process?.user ?? null;
    users.set(record, user);
  }
  if (user === null) return {};
  return {
    linux: {
      uid: BigInt(user.uid),
      gid: BigInt(user.gid),
      supplementalGroups: (user.additionalGids ?? []).map(BigInt),
    },
  };
}

/** What every status asks of a spec; the rest of one is ten times its text, and seldom wanted. */
const users = new WeakMap<ContainerRecord, NonNullable<Spec['process']>['user'] | null>();

export function specOf(record: ContainerRecord): Spec {
  return unmarshalJson(record.spec.json) as unknown as Spec;
}

function verboseInfo(cri: CriService, container: CriContainer): string {
  const record = cri.parts.containers.get(CRI_NAMESPACE, container.id);
  const options = runtimeOptionsOf(record);
  return marshal({
    sandboxID: container.metadata.sandboxId,
    pid: container.status.pid,
    removing: container.status.removing,
    snapshotKey: record.snapshotKey,
    snapshotter: record.snapshotter,
    runtimeType: record.runtime.name,
    runtimeOptions: shownRuntimeOptions(options),
    config: messageToJson(ContainerConfig, container.metadata.config),
    runtimeSpec: specOf(record),
  });
}
