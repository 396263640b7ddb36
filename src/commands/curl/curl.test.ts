import { expect, test } from 'vitest';
import type { Context } from '../../linux/context.ts';
import type { Program } from '../../linux/program.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { tlsAccept } from '../../protocols/distribution/tls-model.ts';
import { HttpError } from '../../protocols/http/http1.ts';
import { testKernel } from '../../testing/kernel.ts';
import { curl } from './curl.ts';

async function answer(ctx: Context, fd: number): Promise<void> {
  const stream = new HttpStream(fd);
  let request: Awaited<ReturnType<HttpStream['readRequest']>> = null;
  try {
    request = await stream.readRequest(ctx);
  } catch (error) {
    // Somebody speaks TLS to the plain port.
    if (!(error instanceof HttpError)) throw error;
  }
  if (request === null) return ctx.sys.close(ctx, fd);
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
  expect(await run('curl -sI localhost/old')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "HTTP/1.1 302 Found
    Content-Type: text/plain
    Content-Length: 0
    Location: /new

    ",
    }
  `);
  expect(await run('curl -siL localhost/old')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "HTTP/1.1 302 Found
    Content-Type: text/plain
    Content-Length: 0
    Location: /new

    HTTP/1.1 200 OK
    Content-Type: text/plain
    Content-Length: 11

    hello /new
    ",
    }
  `);
  expect(
    (
      await run(
        'curl -so /dev/null -w %{http_code}:%{size_download}:%{url_effective}:%{num_redirects}\\n -L localhost/old',
      )
    ).stdout,
  ).toMatchInlineSnapshot(`
    "200:11:http://localhost/new:1
    "
  `);
  expect((await run('curl -s -u me:secret -H X-A:b -d a=1 -d b=2 localhost/echo')).stdout).toMatchInlineSnapshot(`
    "POST a=1&b=2 Host=localhost|Authorization=Basic bWU6c2VjcmV0|User-Agent=curl/8.14.1|Accept=*/*|Content-Length=7|Content-Type=application/x-www-form-urlencoded|X-A=b
    "
  `);
  expect((await run('curl -sv localhost/x')).stderr).toMatchInlineSnapshot(`
    "* Host localhost:80 was resolved.
    * IPv6: (none)
    * IPv4: 127.0.0.1
    *   Trying 127.0.0.1:80...
    * Connected to localhost (127.0.0.1) port 80
    * using HTTP/1.x
    > GET /x HTTP/1.1
    > Host: localhost
    > User-Agent: curl/8.14.1
    > Accept: */*
    > 
    * Request completely sent off
    < HTTP/1.1 200 OK
    < Content-Type: text/plain
    < Content-Length: 9
    < 
    { [9 bytes data]
    * Connection #0 to host localhost left intact
    "
  `);
  expect((await run('curl localhost/x')).stderr).toMatchInlineSnapshot(`
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                     Dload  Upload   Total   Spent    Left  Speed

      0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0
    100     9  100     9    0     0   292k      0 --:--:-- --:--:-- --:--:--  292k
    "
  `);
});

test('failures', async () => {
  const run = await rigOf();
  expect(await run('curl -sS http://127.0.0.1:81/')).toMatchInlineSnapshot(`
    {
      "exitCode": 7,
      "stderr": "curl: (7) Failed to connect to 127.0.0.1 port 81 after 0 ms: Could not connect to server
    ",
      "stdout": "",
    }
  `);
  expect(await run('curl -sS http://nosuch.invalid/')).toMatchInlineSnapshot(`
    {
      "exitCode": 6,
      "stderr": "curl: (6) Could not resolve host: nosuch.invalid
    ",
      "stdout": "",
    }
  `);
  expect(await run('curl -sSf localhost/missing')).toMatchInlineSnapshot(`
    {
      "exitCode": 22,
      "stderr": "curl: (22) The requested URL returned error: 404
    ",
      "stdout": "",
    }
  `);
  expect(await run('curl -s localhost/missing')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "nothing here
    ",
    }
  `);
  expect(await run('curl -sS https://node.test:8443/')).toMatchInlineSnapshot(`
    {
      "exitCode": 60,
      "stderr": "curl: (60) SSL certificate problem: unable to get local issuer certificate
    More details here: https://curl.se/docs/sslcerts.html

    curl failed to verify the legitimacy of the server and therefore could not
    establish a secure connection to it. To learn more about this situation and
    how to fix it, please visit the webpage mentioned above.
    ",
      "stdout": "",
    }
  `);
  expect(await run('curl -sSk https://node.test:8443/')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "hello /
    ",
    }
  `);
  expect(await run('curl -sS https://localhost/')).toMatchInlineSnapshot(`
    {
      "exitCode": 60,
      "stderr": "curl: (60) SSL: no alternative certificate subject name matches target host name 'localhost'
    More details here: https://curl.se/docs/sslcerts.html

    curl failed to verify the legitimacy of the server and therefore could not
    establish a secure connection to it. To learn more about this situation and
    how to fix it, please visit the webpage mentioned above.
    ",
      "stdout": "",
    }
  `);
  expect(await run('curl -sS https://node.test:80/')).toMatchInlineSnapshot(`
    {
      "exitCode": 35,
      "stderr": "curl: (35) TLS connect error: error:00000000:lib(0)::reason(0)
    ",
      "stdout": "",
    }
  `);
  expect(await run('curl')).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "curl: (2) no URL specified
    curl: try 'curl --help' or 'curl --manual' for more information
    ",
      "stdout": "",
    }
  `);
  expect(await run('curl --zz')).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "curl: option --zz: is unknown
    curl: try 'curl --help' or 'curl --manual' for more information
    ",
      "stdout": "",
    }
  `);
  expect(await run('curl ftp2://x/')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "curl: (1) Protocol "ftp2" not supported
    ",
      "stdout": "",
    }
  `);
});
