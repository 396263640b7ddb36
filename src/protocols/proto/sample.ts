import type { ListContainersResponse } from '../cri/generated.ts';
import type { Input } from './message-type.ts';

/** A reply as large as kubelet's own would be, for benchmarks. */
export function listContainersResponse(count: number): Input<ListContainersResponse> {
  const hex = (seed: number): string => {
    let text = '';
    for (let word = 1; word <= 8; word++)
      text += (Math.imul(seed * 8 + word, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
    return text;
  };
  return {
    containers: Array.from({ length: count }, (_, index) => ({
      id: hex(index * 7919 + 13),
      podSandboxId: hex(index * 104729 + 7),
      metadata: { name: `container-${index}`, attempt: index % 3 },
      image: { image: `sha256:${hex(index % 5)}`, userSpecifiedImage: 'docker.io/library/busybox:latest' },
      imageRef: `sha256:${hex(index % 5)}`,
      imageId: `sha256:${hex(index % 5)}`,
      state: 1,
      createdAt: 1795454734041684861n + BigInt(index),
      labels: {
        'io.kubernetes.container.name': `container-${index}`,
        'io.kubernetes.pod.name': `pod-${index}`,
        'io.kubernetes.pod.namespace': 'default',
        'io.kubernetes.pod.uid': `5f0cbbe7-8d4f-4cf2-8b0d-6a8c3f1d4b${index + 10}`,
      },
      annotations: {
        'io.kubernetes.container.hash': '30792b49',
        'io.kubernetes.container.restartCount': '0',
        'io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
        'io.kubernetes.container.terminationMessagePolicy': 'File',
        'io.kubernetes.pod.terminationGracePeriod': '30',
      },
    })),
  };
}
