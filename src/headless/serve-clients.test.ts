/** A served socket and clients that behave badly: whatever one of them does, the next is answered. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { serve } from './serve/serve.ts';

const directory = mkdtempSync(join(tmpdir(), 'cutaway-clients-'));
const path = join(directory, 'c.sock');
const stop = new AbortController();
let ended: Promise<number>;
let said = '';

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  ended = serve(['--scenario', 'bare', '--socket', path], stop.signal);
  await vi.waitFor(() => expect(existsSync(path)).toBe(true), 20_000);
}, 30_000);

afterAll(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function opened(): Promise<Socket> {
  const socket = createConnection(path);
  socket.on('error', () => {});
  await new Promise<void>((done) => socket.once('connect', done));
  return socket;
}

/** The status of one call of Version on a connection of its own, or what went wrong. */
async function version(): Promise<string> {
  const session: ClientHttp2Session = connectHttp2('http://localhost', {
    createConnection: () => createConnection(path),
  });
  try {
    return await new Promise<string>((done, fail) => {
      session.on('error', fail);
      const call = session.request({
        ':method': 'POST',
        ':path': '/runtime.v1.RuntimeService/Version',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      call.on('error', fail);
      call.on('trailers', (headers) => done(String(headers['grpc-status'])));
      call.resume();
      call.end(new Uint8Array(5));
    });
  } finally {
    session.close();
  }
}

test('the socket is its owner’s alone', () => {
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a second server does not take the place of the first', async () => {
  expect(await serve(['--scenario', 'bare', '--socket', path])).toBe(1);
  expect(said).toContain('is in use by another server');
  expect(await version()).toBe('0');
});

test('garbage, and a request that never ends', async () => {
  const sockets = await Promise.all(Array.from({ length: 8 }, opened));
  for (const [at, socket] of sockets.entries()) socket.write(Buffer.alloc(5000, at * 31 + 1));
  const slow = await opened();
  slow.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04');
  await pause(100);
  expect(await version()).toBe('0');
  for (const socket of [...sockets, slow]) socket.destroy();
});

test('half-closed connections, and ones that hang up at once', async () => {
  for (let i = 0; i < 200; i++) (await opened()).destroy();
  const halves = await Promise.all(Array.from({ length: 20 }, opened));
  for (const socket of halves) socket.end('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  await pause(100);
  expect(await version()).toBe('0');
  for (const socket of halves) socket.destroy();
});

test('a flood that reads no answer holds up itself only', async () => {
  const flood = await opened();
  flood.pause();
  flood.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
  // PING frames: each is to be answered.
  const frame = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const block = Buffer.concat(Array.from({ length: 4096 }, () => frame));
  let written = 0;
  for (let i = 0; i < 100 && flood.write(block); i++) written += block.length;
  await pause(200);
  expect(await version()).toBe('0');
  expect(written).toBeLessThan(100 * block.length);
  flood.destroy();
  expect(await version()).toBe('0');
}, 20_000);

test('it stops when told to and leaves nothing behind', async () => {
  stop.abort();
  expect(await ended).toBe(0);
  await vi.waitFor(() => expect(existsSync(path)).toBe(false));
});
