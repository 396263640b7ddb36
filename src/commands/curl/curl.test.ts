import { expect, test } from 'vitest';
import type { Context } from '../../linux/context.ts';
import type { Program } from '../../linux/program.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { tlsAccept } from '../../protocols/distribution/tls-model.ts';
import { testKernel } from '../../testing/kernel.ts';
import { curl } from './curl.ts';

async function answer(ctx: Context, fd: number): Promise<void> {
  const stream = new HttpStream(fd);
  const request = await stream.readRequest(ctx);
  if (request === null) return;
  const { method, target } = request.head;
  const body = (await stream.readBody(ctx, request.head.headers, false)).toString();
  const send = (status: string, text: string, extra = ''): Promise<number> =>
    ctx.sys.write(
      ctx,
      fd,
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n${extra}\r\n${method === 'HEAD' ? '' : text}`,
    );
  if (target === '/old') await send('302 Found', '', 'Location: /new\r\n');
  else if (target === '/missing') await send('404 Not Found', 'nothing here\n');
  else if (target === '/echo')
    await send('200 OK', `${method} ${body} ${request.head.headers.map(([k, v]) => `${k}=${v}`).join('|')}\n`);
  else await send('200 OK', `hello ${target}\n`);
  await ctx.sys.close(ctx, fd);
}

const site: Program = {
  name: 'site',
  main: async (ctx) => {
    const listen = async (port: number, issuer: string | null): Promise<void> => {
      const listener = await ctx.sys.listen(ctx, { family: 'inet', host: '127.0.0.1', port });
      ctx.go('accept', async (c) => {
        for (;;) {
          const fd = await c.sys.accept(c, listener);
          if (
            issuer !== null &&
            !(await tlsAccept(c, fd, { subject: 'CN=node.test', issuer, dnsNames: ['node.test'] })).ok
          )
            await c.sys.close(c, fd);
          else await answer(c, fd);
        }
      });
    };
    await listen(80, null);
    await listen(443, 'E6');
    await listen(8443, 'home made');
    const socket = await ctx.sys.listen(ctx, { family: 'unix', path: '/run/site.sock' });
    for (;;) await answer(ctx, await ctx.sys.accept(ctx, socket));
  },
};

async function rigOf() {
  const rig = testKernel({
    programs: [curl, site],
    files: { '/etc/hosts': '127.0.0.1 localhost node.test\n', '/etc/resolv.conf': 'nameserver 192.0.2.1\n' },
  });
  await rig.act(async (ctx) => {
    await ctx.sys.spawn(ctx, '/usr/bin/site', { argv: ['site'] });
    await ctx.sleep(1e8);
  });
  return (line: string) => rig.exec(`/usr/bin/${line}`.split(' '));
}

test('get', async () => {
  const run = await rigOf();
  expect(await run('curl -s http://127.0.0.1/x')).toEqual({ stdout: 'hello /x\n', stderr: '', exitCode: 0 });
  expect(await run('curl -s node.test')).toEqual({ stdout: 'hello /\n', stderr: '', exitCode: 0 });
  expect(await run('curl -s https://node.test/')).toEqual({ stdout: 'hello /\n', stderr: '', exitCode: 0 });
  expect(await run('curl -s --unix-socket /run/site.sock http://x/info')).toEqual({
    stdout: 'hello /info\n',
    stderr: '',
    exitCode: 0,
  });
  expect(await run('curl -sI localhost/old')).toMatchInlineSnapshot();
  expect(await run('curl -siL localhost/old')).toMatchInlineSnapshot();
  expect(
    (
      await run(
        'curl -so /dev/null -w %{http_code}:%{size_download}:%{url_effective}:%{num_redirects}\\n -L localhost/old',
      )
    ).stdout,
  ).toMatchInlineSnapshot();
  expect((await run('curl -s -u me:secret -H X-A:b -d a=1 -d b=2 localhost/echo')).stdout).toMatchInlineSnapshot();
  expect((await run('curl -sv localhost/x')).stderr).toMatchInlineSnapshot();
  expect((await run('curl localhost/x')).stderr).toMatchInlineSnapshot();
});

test('failures', async () => {
  const run = await rigOf();
  expect(await run('curl -sS http://127.0.0.1:81/')).toMatchInlineSnapshot();
  expect(await run('curl -sS http://nosuch.invalid/')).toMatchInlineSnapshot();
  expect(await run('curl -sSf localhost/missing')).toMatchInlineSnapshot();
  expect(await run('curl -s localhost/missing')).toMatchInlineSnapshot();
  expect(await run('curl -sS https://node.test:8443/')).toMatchInlineSnapshot();
  expect(await run('curl -sSk https://node.test:8443/')).toMatchInlineSnapshot();
  expect(await run('curl -sS https://localhost/')).toMatchInlineSnapshot();
  expect(await run('curl -sS https://node.test:80/')).toMatchInlineSnapshot();
  expect(await run('curl')).toMatchInlineSnapshot();
  expect(await run('curl --zz')).toMatchInlineSnapshot();
  expect(await run('curl ftp2://x/')).toMatchInlineSnapshot();
});
