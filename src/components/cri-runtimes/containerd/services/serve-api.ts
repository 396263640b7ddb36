/** containerd's own gRPC services on the main socket: thin, all of the work is in the parts. */
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import type { Parts } from '../parts.ts';
import { serveContainers } from './containers.ts';
import { serveContent } from './content.ts';
import { serveDiff } from './diff.ts';
import { serveEventsApi } from './events.ts';
import { serveImages } from './images.ts';
import { serveLeases } from './leases.ts';
import { serveNamespaces } from './namespaces.ts';
import { OutsideMounts } from './outside-mounts.ts';
import { serveSandboxes } from './sandbox.ts';
import { serveSnapshots } from './snapshots.ts';
import { StreamManager, serveStreaming } from './streaming.ts';
import { serveTasks } from './tasks.ts';
import { serveTransfer } from './transfer.ts';
import { serveVersion } from './version.ts';

const GRPC = 'io.containerd.grpc.v1';

/** `absent`: plugins that are disabled, or could not be loaded. */
export function serveApi(
  server: GrpcServer,
  parts: Parts,
  disabled: ReadonlySet<string>,
  absent: ReadonlySet<string>,
): void {
  const streams = new StreamManager();
  const outside = new OutsideMounts();
  const services: Readonly<Record<string, () => void>> = {
    containers: () => serveContainers(server, parts),
    content: () => serveContent(server, parts),
    diff: () => serveDiff(server, parts, outside),
    events: () => serveEventsApi(server, parts),
    images: () => serveImages(server, parts),
    leases: () => serveLeases(server, parts),
    namespaces: () => serveNamespaces(server, parts),
    sandboxes: () => serveSandboxes(server, parts),
    snapshots: () => serveSnapshots(server, parts, outside),
    streaming: () => serveStreaming(server, streams),
    tasks: () => serveTasks(server, parts, outside),
    transfer: () => serveTransfer(server, parts, streams),
    version: () => serveVersion(server, parts, disabled),
  };
  for (const [id, serve] of Object.entries(services)) if (!absent.has(`${GRPC}.${id}`)) serve();
}
