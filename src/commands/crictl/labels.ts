/** `--label key=value`, as often as you like. */
import { Failure } from './failure.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/util.go parseLabelStringSlice @fidelity full */
export function parseLabels(pairs: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of pairs) {
    const [key, value, ...rest] = pair.split('=');
    if (key === undefined || value === undefined || rest.length > 0) {
      throw new Failure(`incorrectly specified label: ${pair}`);
    }
    labels[key] = value;
  }
  return labels;
}
