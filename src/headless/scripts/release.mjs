/** `npm run release`: builds, and puts what was built into `cutaway-VERSION.zip`, which needs no npm. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { zipSync } from 'fflate';
import { buildHeadless, buildPage } from './build.mjs';
import { ensureDependencies, ROOT } from './install.mjs';

/** All files have one time, so that the same sources give the same bytes. */
const MTIME = new Date(2026, 0, 1);
/** `rwxr-xr-x` for what is run, `rw-r--r--` otherwise, as zip keeps modes: in the upper half. */
const RUNNABLE = 0o100755;
const PLAIN = 0o100644;
const UNIX = 3;

const HOW = (version) => `Cutaway ${version}: a Kubernetes node you can see through, in one browser tab.

The page is in dist/. Any static file server serves it, under any path and over plain HTTP:

  python3 -m http.server -d cutaway/dist 8000     then open http://localhost:8000/

or, with Node.js 20.19 or newer and nothing else:

  node cutaway/dist/headless/cutaway.js host      add --lan for a classroom
  node cutaway/dist/headless/cutaway.js run --scenario containerd -c 'kubectl get pods -A'

Opening index.html from the disk does not work: browsers run no modules from there.
A server should send .js as text/javascript. Licence: Apache 2.0, see LICENSE.
`;

function filesIn(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesIn(path) : [path];
    });
}

/** The archive's bytes, of what lies in `dist`. */
export function releaseOf(dist, version) {
  const entries = {};
  const add = (name, bytes, mode = PLAIN) => {
    entries[`cutaway/${name}`] = [bytes, { mtime: MTIME, os: UNIX, attrs: (mode << 16) >>> 0 }];
  };
  const text = (content) => new TextEncoder().encode(content);
  for (const path of filesIn(dist)) {
    const name = relative(dist, path).replaceAll('\\', '/');
    // What V8 compiled here another version of it would not take.
    if (name.endsWith('.cache')) continue;
    add(`dist/${name}`, readFileSync(path), name === 'headless/cutaway.js' ? RUNNABLE : PLAIN);
  }
  add('LICENSE', readFileSync(resolve(ROOT, 'LICENSE')));
  add('README.txt', text(HOW(version)));
  add(
    'package.json',
    text(`${JSON.stringify({ name: 'cutaway', version, type: 'module', private: true }, null, 2)}\n`),
  );
  return zipSync(entries, { level: 9 });
}

if (process.argv[1] === import.meta.filename) {
  ensureDependencies();
  const status = buildPage() || buildHeadless();
  if (status !== 0) process.exit(status);
  const { version } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  const name = `cutaway-${version}.zip`;
  const bytes = releaseOf(resolve(ROOT, 'dist'), version);
  writeFileSync(resolve(ROOT, name), bytes);
  console.info(`${name}: ${(bytes.length / 1e6).toFixed(1)} MB`);
}
