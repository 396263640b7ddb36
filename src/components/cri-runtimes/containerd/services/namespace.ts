/** The namespace of a call, as the client's metadata has it. @models containerd 2.1 pkg/namespaces @fidelity full */
import type { ServerCall } from '../../../../protocols/grpc/server.ts';
import { validateNamespace } from '../metadata/metadata.ts';

const HEADER = 'containerd-namespace';

export function namespaceOf(call: ServerCall<never>): string {
  const ns = call.metadata.get(HEADER) ?? '';
  validateNamespace(ns);
  return ns;
}
