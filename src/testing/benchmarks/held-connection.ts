/** A client outside that holds one connection to a served socket and asks the same thing again and again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bridge } from '../../headless/serve/bridge.ts';
import { WallClock } from '../../headless/serve/wall-clock.ts';
import { Machine } from '../../machine/machine.ts';

/** An empty message in gRPC's frame. */
const EMPTY = new Uint8Array(5);

type Held = { callUs: number; bytesPerCall: number };

/**
 * ListContainers on containerd, one call after the other; the client's own work counts as well. `clock` returns
 * milliseconds.
 */
export async function measureHeldConnection(clockMs: () => number, calls: number): Promise<Held> {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-held-'));
  const socket = join(directory, 'c.sock');
  const machine = await Machine.boot({ scenario: 'bare', seed: 1, forgetful: true });
  machine.trace.limit(20_000, 1 << 20);
  const bridge = new Bridge(machine);
  const clock = new WallClock(
    machine,
    () => bridge.hurried,
    () => bridge.settle(),
  );
  bridge.clock = clock;
  const server = bridge.serverFor({ family: 'unix', path: '/run/containerd/containerd.sock' });
  await new Promise<void>((done) => server.listen(socket, done));
  const running = clock.run();
  const session = connect('http://localhost', { createConnection: () => createConnection(socket) });
  const call = (): Promise<void> =>
    new Promise((done, fail) => {
      const request = session.request({
        ':method': 'POST',
        ':path': '/runtime.v1.RuntimeService/ListContainers',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let status = '';
      request.on('trailers', (headers) => {
        status = String(headers['grpc-status']);
      });
      request.on('error', fail);
      request.on('close', () => (status === '0' ? done() : fail(new Error(`grpc-status ${status}`))));
      request.resume();
      request.end(EMPTY);
    });
  // Until nothing is compiled or kept for the first time any more.
  for (let i = 0; i < calls / 2; i++) await call();
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const start = clockMs();
  for (let i = 0; i < calls; i++) await call();
  const callUs = ((clockMs() - start) * 1000) / calls;
  globalThis.gc?.();
  const bytesPerCall = (process.memoryUsage().heapUsed - before) / calls;
  session.close();
  clock.stop();
  await running;
  bridge.close();
  rmSync(directory, { recursive: true });
  return { callUs, bytesPerCall };
}
