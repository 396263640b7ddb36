import { expect, test } from 'vitest';
import {
  DEFAULT_CONF,
  INDEX_HTML,
  MIME_TYPES,
  NGINX_CONF,
} from '../../../components/registry/catalogue/nginx-files.ts';
import type { Context } from '../../../linux/context.ts';
import { readAll, readFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { type TestKernel, testKernel } from '../../../testing/kernel.ts';
import { nginx } from './nginx.ts';

function rig(files: Record<string, string> = {}): TestKernel {
  return testKernel({
    programs: [nginx],
    files: {
      '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nnginx:x:101:101::/nonexistent:/bin/false\n',
      '/etc/nginx/nginx.conf': NGINX_CONF.replace('worker_processes  auto', 'worker_processes  2'),
      '/etc/nginx/mime.types': MIME_TYPES,
      '/etc/nginx/conf.d/default.conf': DEFAULT_CONF,
      '/usr/share/nginx/html/index.html': INDEX_HTML,
      '/usr/share/nginx/html/sub/x.txt': 'x',
      '/var/log/nginx/empty': '',
      ...files,
    },
  });
}

async function start(ctx: Context): Promise<number> {
  const pid = await ctx.sys.spawn(ctx, '/usr/bin/nginx', {
    argv: ['nginx', '-g', 'daemon off;'],
    stdio: { 0: 'null', 1: 'null', 2: 'null' },
  });
  await ctx.sleep(100_000_000);
  return pid;
}

async function get(ctx: Context, path: string, more = ''): Promise<string> {
  const fd = await ctx.sys.connect(ctx, { family: 'inet', host: '127.0.0.1', port: 80 });
  await ctx.sys.write(
    ctx,
    fd,
    `GET ${path} HTTP/1.1\r\nHost: web\r\nUser-Agent: t\r\nConnection: close\r\n${more}\r\n`,
  );
  const text = utf8(await readAll(ctx, fd));
  await ctx.sys.close(ctx, fd);
  return text;
}

/** Times and the kernel's release differ, pids do not. */
const lines = (text: string): string[] => text.split('\n').map((l) => l.replace(/^\S+ \S+ /, ''));

test('serves files, redirects directories, logs, and stops gracefully', async () => {
  const { act } = rig();
  await act(async (ctx) => {
    const pid = await start(ctx);
    expect(await readFile(ctx, `/proc/${pid}/cmdline`)).toContain('nginx: master process nginx -g daemon off;');
    const home = await get(ctx, '/');
    expect(home.split('\r\n').slice(0, 4)).toEqual([
      'HTTP/1.1 200 OK',
      'Server: nginx/1.27.5',
      'Date: Mon, 23 Nov 2026 17:00:00 GMT',
      'Content-Type: text/html',
    ]);
    expect(home.endsWith(INDEX_HTML)).toBe(true);
    expect(await get(ctx, '/nope')).toContain('HTTP/1.1 404 Not Found\r\n');
    expect(await get(ctx, '/sub')).toContain('Location: http://web/sub/\r\n');
    expect(await get(ctx, '/sub/')).toContain('403 Forbidden');
    expect(await get(ctx, '/sub/x.txt', 'Range: bytes=0-0\r\n')).toContain('Content-Range: bytes 0-0/1');
    await ctx.sys.kill(ctx, pid, 'SIGQUIT');
    const status = await ctx.sys.wait(ctx, pid);
    expect(status?.exitCode).toBe(0);
    const [a, b] = [pid + 1, pid + 2];
    expect((await readFile(ctx, '/var/log/nginx/access.log')).split('\n')[1]).toBe(
      '127.0.0.1 - - [23/Nov/2026:17:00:00 +0000] "GET /nope HTTP/1.1" 404 153 "-" "t" "-"',
    );
    const errors = lines(await readFile(ctx, '/var/log/nginx/error.log'));
    const m = `[notice] ${pid}#${pid}:`;
    expect(errors.slice(0, 8)).toEqual([
      `${m} using the "epoll" event method`,
      `${m} nginx/1.27.5`,
      `${m} built by gcc 12.2.0 (Debian 12.2.0-14) `,
      `${m} OS: Linux 6.12.48+deb13-amd64`,
      `${m} getrlimit(RLIMIT_NOFILE): 1024:524288`,
      `${m} start worker processes`,
      `${m} start worker process ${a}`,
      `${m} start worker process ${b}`,
    ]);
    expect(errors.find((l) => l.includes('/nope'))).toMatch(
      /^\[error\] \d+#\d+: \*\d open\(\) "\/usr\/share\/nginx\/html\/nope" failed \(2: No such file or directory\), client: 127.0.0.1, server: localhost, request: "GET \/nope HTTP\/1.1", host: "web"$/,
    );
    expect(errors).toContain(`${m} signal 3 (SIGQUIT) received, shutting down`);
    expect(errors).toContain(`[notice] ${a}#${a}: gracefully shutting down`);
    expect(errors.slice(-3)).toEqual([
      expect.stringMatching(/worker process \d+ exited with code 0$/),
      `${m} exit`,
      '',
    ]);
  });
});

test('a killed worker is replaced; reload takes the new configuration; TERM is fast', async () => {
  const { act } = rig();
  await act(async (ctx) => {
    const pid = await start(ctx);
    await ctx.sys.kill(ctx, pid + 1, 'SIGKILL');
    await ctx.sleep(100_000_000);
    const log = await readFile(ctx, '/var/log/nginx/error.log');
    expect(log).toContain(`worker process ${pid + 1} exited on signal 9`);
    expect(log).toContain(`start worker process ${pid + 3}`);
    const fd = await ctx.sys.open(ctx, '/etc/nginx/conf.d/default.conf', { write: true, truncate: true });
    await ctx.sys.write(
      ctx,
      fd,
      'server { listen 80; location /hi { default_type text/plain; return 200 "hello $remote_addr\\n"; } location / { return 301 /hi; } }',
    );
    await ctx.sys.close(ctx, fd);
    await ctx.sys.kill(ctx, pid, 'SIGHUP');
    await ctx.sleep(200_000_000);
    expect(await get(ctx, '/hi')).toContain('hello 127.0.0.1');
    expect(await get(ctx, '/')).toContain('Location: http://web/hi');
    await ctx.sys.kill(ctx, pid, 'SIGTERM');
    expect((await ctx.sys.wait(ctx, pid))?.exitCode).toBe(0);
  });
});

test('configuration errors and -t', async () => {
  const good = await rig().exec(['/usr/bin/nginx', '-t']);
  expect(good).toEqual({
    stdout: '',
    stderr:
      'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
    exitCode: 0,
  });
  const bad = await rig({ '/etc/nginx/conf.d/default.conf': 'server {\n  lisen 80;\n}\n' }).exec([
    '/usr/bin/nginx',
    '-t',
  ]);
  expect(bad).toEqual({
    stdout: '',
    stderr:
      'nginx: [emerg] unknown directive "lisen" in /etc/nginx/conf.d/default.conf:2\nnginx: configuration file /etc/nginx/nginx.conf test failed\n',
    exitCode: 1,
  });
});
