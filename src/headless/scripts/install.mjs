/** Brings a fresh clone to where it can build and test, with nothing but Node and git present. No dependencies here. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const DEBIAN_CHROMIUM = '/usr/bin/chromium';
const CJK_FONT = '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc';
const NODE_MIN = [20, 19];

export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

/** Runs a command line tool of a dependency with this very Node. */
export function runTool(script, args, options = {}) {
  return run(process.execPath, [resolve(ROOT, 'node_modules', script), ...args], options);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  console.error(`Cutaway needs Node.js ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Does node_modules hold what the lock file asks for? Optional packages may be absent (other platforms). */
function dependenciesPresent() {
  const installed = resolve(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(resolve(ROOT, 'package-lock.json'), 'utf8')).packages;
  const got = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || got[path]?.version === entry.version,
  );
}

export function ensureDependencies() {
  checkNode();
  if (dependenciesPresent()) return;
  console.log('Installing dependencies (npm ci)');
  // Started from npm, its own path is known; otherwise the one on PATH.
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-fund', '--no-audit', '--include=dev'];
  const status = npm?.endsWith('.js')
    ? run(process.execPath, [npm, ...args])
    : run('npm', args, { shell: process.platform === 'win32' });
  if (status !== 0) process.exit(status);
}

/** A browser and a Chinese font for the end-to-end tests. Returns what is missing, if anything. */
export function ensureBrowser() {
  if (existsSync(DEBIAN_CHROMIUM) && existsSync(CJK_FONT)) return null;
  const debian = existsSync('/etc/debian_version');
  if (debian && process.getuid?.() === 0) {
    console.log('Installing chromium and fonts-noto-cjk (apt-get)');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], { env });
    const status = run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-cjk'], {
      env,
    });
    return status === 0 ? null : 'apt-get could not install chromium';
  }
  if (existsSync(DEBIAN_CHROMIUM)) return null;
  const status = runTool('@playwright/test/cli.js', ['install', 'chromium']);
  return status === 0 ? null : 'no Chromium: install the package `chromium`, or run `npx playwright install chromium`';
}

/** Real programs that tests hold ours against: as root on Debian they are installed, elsewhere those tests are skipped. */
const REAL_CLIENTS = { ctr: 'containerd', kubectl: 'kubernetes-client', skopeo: 'skopeo', umoci: 'umoci' };

export function ensureRealClients() {
  const missing = Object.entries(REAL_CLIENTS).flatMap(([program, name]) =>
    existsSync(`/usr/bin/${program}`) ? [] : [name],
  );
  if (missing.length === 0 || !existsSync('/etc/debian_version') || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env });
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
}
