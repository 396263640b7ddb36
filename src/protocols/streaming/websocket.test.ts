/** The streaming server and a WebSocket client, as a browser's would be. */
import { expect, test } from 'vitest';
import type { Context } from '../../linux/context.ts';
import type { Program } from '../../linux/program.ts';
import { testKernel } from '../../testing/kernel.ts';
import { StreamingServer } from './server.ts';
import { encodeFrame, newFrameReader, opcode } from './websocket-frames.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const PORT = 4000;

const server: Program = {
  name: 'streaming-server',
  main: async (ctx) => {
    const streaming = new StreamingServer({
      exec: async (c, _id, _command, streams) => {
        const size = streams.tty ? await streams.resizes.take() : null;
        const input = await streams.stdin?.read(c);
        await streams.stdout?.write(c, encode(`${decode(input ?? new Uint8Array(0))}${size?.width ?? ''}`));
        await streams.stderr?.write(c, encode('err'));
        return 3;
      },
      attach: async () => {},
      portForward: async (c, _id, port, stream) => {
        if (port === 81) throw new Error('refused');
        await stream.write(c, encode(`${port}:${decode((await stream.read(c)) ?? new Uint8Array(0))}`));
      },
      errorText: (error) => (error as Error).message,
    });
    const flags = { containerId: 'c', command: ['x'], stdin: true, stdout: true };
    const urls = [
      streaming.execUrl(ctx, { kind: 'exec', ...flags, stderr: true, tty: false }),
      streaming.execUrl(ctx, { kind: 'exec', ...flags, stderr: false, tty: true }),
      streaming.execUrl(ctx, { kind: 'exec', ...flags, stderr: true, tty: false }),
      streaming.portForwardUrl(ctx, 'p'),
      streaming.execUrl(ctx, { kind: 'exec', ...flags, stderr: true, tty: false }),
    ];
    await ctx.sys.write(ctx, 1, `${urls.join(' ')}\n`);
    await streaming.serve(ctx, await ctx.sys.listen(ctx, { family: 'inet', host: '127.0.0.1', port: PORT }));
    return 0;
  },
};

/** Upgrades, sends the messages, and gives the head of the answer and the messages that came until the end. */
async function talk(ctx: Context, target: string, protocol: string, send: readonly Uint8Array[], base64 = false) {
  const { sys } = ctx;
  const fd = await sys.connect(ctx, { family: 'inet', host: '127.0.0.1', port: PORT });
  const offered = protocol === '' ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  const head = `GET ${target} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${offered}\r\n`;
  await sys.write(ctx, fd, head);
  const first = await sys.read(ctx, fd);
  const text = decode(first);
  const end = text.indexOf('\r\n\r\n') + 4;
  const code = base64 ? opcode.text : opcode.binary;
  for (const message of send) await sys.write(ctx, fd, encodeFrame(code, message, true));
  const read = newFrameReader();
  const messages: string[] = [];
  let bytes: Uint8Array = first.slice(end);
  do {
    for (const message of read(bytes))
      if (message.opcode !== opcode.close) messages.push(String.fromCharCode(...message.data));
    bytes = await sys.read(ctx, fd);
  } while (bytes.length > 0);
  await sys.close(ctx, fd);
  return { head: text.slice(0, end), messages };
}

test('channels in messages up to version 4, ports two channels each, and no newer version', async () => {
  const rig = testKernel({ programs: [server] });
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    const [read, write] = await sys.pipe(ctx);
    await sys.spawn(ctx, '/usr/bin/streaming-server', { argv: ['streaming-server'], stdio: { 1: write } });
    const paths = decode(await sys.read(ctx, read))
      .trim()
      .split(' ');
    await ctx.sleep(1_000_000);

    const plain = await talk(ctx, paths[0] ?? '', 'v9.x, v4.channel.k8s.io', [encode('\0in')]);
    expect(plain.head).toContain('HTTP/1.1 101 Switching Protocols');
    expect(plain.head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(plain.head).toContain('Sec-WebSocket-Protocol: v4.channel.k8s.io');
    expect(plain.messages.slice(0, 3)).toEqual(['\x01', '\x01in', '\x02err']);
    expect(plain.messages[3]).toContain('"reason":"NonZeroExitCode"');

    const sized = encode('4eyJXaWR0aCI6OTAsIkhlaWdodCI6MzB9');
    const tty = await talk(ctx, paths[1] ?? '', 'v4.base64.channel.k8s.io', [sized, encode('0aW4=')], true);
    expect(tty.messages.slice(0, 2)).toEqual(['1', `1${btoa('in90')}`]);

    const oldest = await talk(ctx, paths[2] ?? '', '', [encode('\0in')]);
    expect(oldest.messages.at(-1)).toBe(
      '\x03command terminated with non-zero exit code: error executing command [x], exit code 3',
    );

    const ports = await talk(ctx, `${paths[3] ?? ''}?ports=80,81`, 'v4.channel.k8s.io', [encode('\0a')]);
    expect(new Set(ports.messages)).toEqual(
      new Set([
        '\0\x50\0',
        '\x01\x50\0',
        '\x02\x51\0',
        '\x03\x51\0',
        '\x0080:a',
        '\x03error forwarding port 81 to pod p, uid : refused',
      ]),
    );

    expect((await talk(ctx, paths[4] ?? '', 'v5.channel.k8s.io', [])).head).toBe('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
});
