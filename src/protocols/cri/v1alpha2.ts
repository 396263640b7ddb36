/**
 * runtime.v1alpha2: on the wire the messages of v1 under another name, up to what came later.
 * @models k8s.io/cri-api 0.23 pkg/apis/runtime/v1alpha2/api.proto
 */
import type { Service } from '../proto/service.ts';
import { ImageService, RuntimeService } from './generated.ts';

/** RPCs that the older version never had. */
const NEWER = new Set([
  'CheckpointContainer',
  'GetContainerEvents',
  'ListMetricDescriptors',
  'ListPodSandboxMetrics',
  'RuntimeConfig',
]);

function renamed<S extends Service>(service: S): S {
  const typeName = service.typeName.replace('runtime.v1.', 'runtime.v1alpha2.');
  const methods = Object.fromEntries(
    Object.entries(service.methods)
      .filter(([name]) => !NEWER.has(name))
      .map(([key, method]) => [key, { ...method, service: typeName, path: `/${typeName}/${method.name}` }]),
  );
  return { ...service, typeName, methods };
}

export const RuntimeServiceV1alpha2 = renamed(RuntimeService);
export const ImageServiceV1alpha2 = renamed(ImageService);
