/**
 * UpdateContainerResources: the spec, the status, and if the container runs also its cgroup.
 * @models containerd 2.1 internal/cri/server/container_update_resources.go
 * @fidelity partial: no huge pages
 */
import type { Context } from '../../../../linux/context.ts';
import type { UpdateContainerResourcesRequest } from '../../../../protocols/cri/generated.ts';
import { specJson } from '../../../../protocols/oci-runtime/default-spec.ts';
import type { Spec } from '../../../../protocols/oci-runtime/types.ts';
import { isNotFound, toFailure, wrap } from '../../shared/errors.ts';
import { marshal } from '../../shared/go-json.ts';
import { SPEC_TYPE_URL } from '../containers/container-store.ts';
import { jsonAny } from '../metadata/json-any.ts';
import { toResources } from './container-spec.ts';
import { stateName, stateOf } from './container-state.ts';
import { specOf } from './container-status.ts';
import { updateStatus } from './container-status-update.ts';
import { resourcesOf } from './create-container.ts';
import type { CriService } from './cri-service.ts';
import { oomScore } from './sandbox-spec.ts';
import { CRI_NAMESPACE, type CriContainer } from './types.ts';

export async function updateContainerResources(
  ctx: Context,
  cri: CriService,
  request: UpdateContainerResourcesRequest,
): Promise<Record<string, never>> {
  let container: CriContainer;
  try {
    container = cri.containers.get(request.containerId);
  } catch (error) {
    throw wrap('failed to find container', error);
  }
  cri.sandboxes.get(container.metadata.sandboxId);
  try {
    await update(ctx, cri, container, request);
  } catch (error) {
    throw wrap('failed to update resources', error);
  }
  return {};
}

async function update(
  ctx: Context,
  cri: CriService,
  container: CriContainer,
  request: UpdateContainerResourcesRequest,
): Promise<void> {
  const { containers } = cri.parts;
  const record = containers.get(CRI_NAMESPACE, container.id);
  const original = specOf(record);
  const spec: Spec = { ...original, ...(original.process === undefined ? {} : { process: { ...original.process } }) };
  const wanted = request.linux;
  if (wanted !== undefined) {
    spec.linux = { ...spec.linux, resources: toResources(wanted, spec.linux?.resources ?? {}) };
    if (spec.process !== undefined && wanted.oomScoreAdj !== 0n) {
      spec.process.oomScoreAdj = await oomScore(ctx, Number(wanted.oomScoreAdj), cri.config.restrict_oom_score_adj);
    }
  }
  const old = record.spec;
  await containers.update(ctx, CRI_NAMESPACE, container.id, { spec: jsonAny(SPEC_TYPE_URL, specJson(spec)) });
  if (stateName(stateOf(container.status)) === 'CONTAINER_RUNNING') {
    try {
      await cri.parts.tasks.get(CRI_NAMESPACE, container.id).update(ctx, marshal(spec.linux?.resources ?? {}));
    } catch (error) {
      if (!isNotFound(error)) {
        const fault = toFailure(error);
        await containers.update(ctx, CRI_NAMESPACE, container.id, { spec: old });
        throw wrap('failed to update resources', fault);
      }
    }
  }
  await updateStatus(ctx, cri, container, { resources: resourcesOf(spec) });
}
