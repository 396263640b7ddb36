/**
 * The volume behind a claim, as what is mounted for it.
 * @models kubernetes 1.36 pkg/kubelet/volumemanager/populator desired_state_of_world_populator.go getPVCExtractPV getPVSpec
 * @fidelity partial: volumes of hostPath and local; others say that they are not simulated
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { claimNameOf } from '../../../protocols/kube/pod-claims.ts';
import type { KubeObject, Pod, Volume } from '../../../protocols/kube/types.ts';
import { messageOf } from '../client.ts';
import { Failure } from '../failures.ts';

type Claim = KubeObject & { spec: { volumeName?: string }; status?: { phase?: string } };
type PersistentVolume = KubeObject & {
  spec: { hostPath?: { path: string; type?: string }; local?: { path: string }; claimRef?: { uid?: string } };
};

/** A volume of a node instead of the claim; others as they are. Throws Failure. */
export async function behindClaim(ctx: Context, client: KubeClient | null, pod: Pod, volume: Volume): Promise<Volume> {
  const name = claimNameOf(pod, volume);
  if (name === undefined) return volume;
  const { namespace = '' } = pod.metadata;
  const fail = (why: string): Failure => new Failure(`error processing PVC ${namespace}/${name}: ${why}`);
  if (client === null) throw fail('no API server');
  let claim: Claim;
  try {
    claim = await client.get<Claim>(ctx, 'persistentvolumeclaims', namespace, name);
  } catch (error) {
    throw fail(`failed to fetch PVC from API server: ${messageOf(error)}`);
  }
  if (claim.metadata.deletionTimestamp !== undefined) throw fail('PVC is being deleted');
  const { volumeName } = claim.spec;
  if (claim.status?.phase !== 'Bound' || volumeName === undefined) throw fail('PVC is not bound');
  let found: PersistentVolume;
  try {
    found = await client.get<PersistentVolume>(ctx, 'persistentvolumes', null, volumeName);
  } catch (error) {
    throw fail(`failed to get pv: ${messageOf(error)}`);
  }
  const { hostPath, local, claimRef } = found.spec;
  if (claimRef?.uid !== claim.metadata.uid)
    throw fail(
      `found PV object ${volumeName} with unexpected pvcUID (${claimRef?.uid ?? ''}), expected ${claim.metadata.uid}`,
    );
  if (hostPath !== undefined) return { name: volume.name, hostPath };
  if (local !== undefined) return { name: volume.name, hostPath: { path: local.path, type: 'Directory' } };
  throw fail(`volume ${volumeName}: its type is not simulated`);
}
