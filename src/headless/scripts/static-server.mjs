/** A file server for the built page: on loopback unless told otherwise, with the page's content security policy as a header. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { ROOT } from './install.mjs';

const LOOPBACK = '127.0.0.1';
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
const HEADERS = {
  // xterm and CodeMirror insert style elements: the one exception.
  'Content-Security-Policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

function fileFor(root, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null;
  }
  const file = resolve(root, normalize(join('.', path)));
  if (file !== root && !file.startsWith(root + sep)) return null;
  // The command line's bundle lies beside the page but is no part of it.
  if (file.startsWith(join(root, 'headless') + sep)) return null;
  for (const candidate of [file, join(file, 'index.html')]) {
    const stat = statSync(candidate, { throwIfNoEntry: false });
    if (stat?.isFile()) return { path: candidate, size: stat.size };
  }
  return null;
}

function answer(root, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { ...HEADERS, Allow: 'GET, HEAD' }).end();
    return;
  }
  const file = fileFor(root, request.url ?? '/');
  if (file === null) {
    response.writeHead(404, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
    return;
  }
  const hashed = /-[\w-]{8}\.\w+$/.test(file.path);
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': TYPES[extname(file.path)] ?? 'application/octet-stream',
    'Content-Length': file.size,
    'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else
    createReadStream(file.path)
      .on('error', () => response.destroy())
      .pipe(response);
}

function listen(server, port, host) {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      done(server.address().port);
    });
  });
}

export async function serveDirectory({ root = resolve(ROOT, 'dist'), port, portsTried, host = LOOPBACK }) {
  const server = createServer((request, response) => answer(root, request, response));
  for (let attempt = 0; ; attempt++) {
    try {
      const actual = await listen(server, port + attempt, host);
      return { server, address: `http://${host}:${actual}/` };
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || attempt + 1 >= portsTried) {
        console.error(`Cannot listen on port ${port + attempt}: ${error.message}`);
        process.exit(1);
      }
    }
  }
}
