import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { expect, test } from '@playwright/test';
import { unzipSync } from 'fflate';
import { releaseOf } from '../src/headless/scripts/release.mjs';

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

test('the release runs where it is unzipped: the page under a path of its own, the command line without npm', async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'cutaway-release-'));
  const bytes = releaseOf(join(import.meta.dirname, '../dist'), '1.2.3');
  for (const [name, content] of Object.entries(unzipSync(bytes))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const cutaway = join(folder, 'cutaway/dist/headless/cutaway.js');
  const said = execFileSync(process.execPath, [cutaway, 'run', '--scenario', 'bare', '-c', 'uname -r'], {
    cwd: folder,
  });
  expect(String(said)).toBe('6.12.48+deb13-amd64\n');

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname.replace(/^\/a\/b\//, '');
    try {
      const file = path === '' ? 'index.html' : path;
      const content = readFileSync(join(folder, 'cutaway/dist', file));
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream').end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const host = spawn(process.execPath, [cutaway, 'host', '--port', '0'], { cwd: folder });
  try {
    await page.goto(`http://127.0.0.1:${port}/a/b/?scenario=bare&seed=7&lang=en`);
    await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
    expect(await page.evaluate(() => window.cutaway.run('hostname'))).toMatchObject({ stdout: 'node-1\n' });
    const printed = await new Promise<string>((resolve) => host.stdout.once('data', (data) => resolve(String(data))));
    expect(printed).toContain('http://');
  } finally {
    host.kill();
    server.close();
    rmSync(folder, { recursive: true });
  }
});
