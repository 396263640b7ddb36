/** Labels of containerd's container. @models containerd 2.1 internal/cri/util/util.go @fidelity full */
import { KIND_LABEL } from './types.ts';

const LABEL_BYTES_MAX = 4096;

/** Labels of the request win over the image's; those that containerd itself gives a meaning are not taken from images. */
export function buildLabels(
  configLabels: Record<string, string>,
  imageLabels: Record<string, string>,
  kind: 'sandbox' | 'container',
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(imageLabels)) {
    if (key.startsWith('containerd.io/') || key.startsWith('io.cri-containerd')) continue;
    if (key.length + value.length <= LABEL_BYTES_MAX) out[key] = value;
  }
  return { ...out, ...configLabels, [KIND_LABEL]: kind };
}
