/** What it costs to delete a pod, against others of its set. @models kubernetes 1.36 pkg/apis/core/helper helpers.go @fidelity full */
export const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const INT32_MAX = 2 ** 31 - 1;

/** Null if it is no whole number of 32 bits, as Go writes it: no plus, no leading noughts. */
export function parseDeletionCost(text: string): number | null {
  const cost = /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : Number.NaN;
  return cost <= INT32_MAX && cost >= -INT32_MAX - 1 ? cost : null;
}
