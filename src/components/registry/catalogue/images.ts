/** Everything the simulated registries serve. A new image is a file and a line here; then `npm run build:catalogue`. */
import { alpine } from './alpine.ts';
import { applications } from './applications.ts';
import { busybox } from './busybox.ts';
import { criTestImages } from './cri-test-images.ts';
import { helloWorld } from './hello-world.ts';
import { kubernetesImages } from './kubernetes.ts';
import type { ImageDefinition } from './layer.ts';
import { nginx } from './nginx.ts';
import { node } from './node.ts';
import { pause } from './pause.ts';
import { privateImages } from './private.ts';
import { redis } from './redis.ts';

export const imageDefinitions: readonly ImageDefinition[] = [
  ...busybox,
  ...alpine,
  ...nginx,
  ...redis,
  ...helloWorld,
  ...pause,
  ...applications,
  ...node,
  ...kubernetesImages,
  ...privateImages,
  ...criTestImages,
  ...pause.map((image) => ({ ...image, registry: 'k8s.gcr.io' })),
];
