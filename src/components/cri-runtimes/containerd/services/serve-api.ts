/** containerd's own gRPC services on the main socket: thin, all of the work is in the parts. */
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import type { Parts } from '../parts.ts';
import { serveVersion } from './version.ts';

export function serveApi(server: GrpcServer, parts: Parts, disabled: ReadonlySet<string>): void {
  serveVersion(server, parts, disabled);
}
