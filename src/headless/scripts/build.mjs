/** `npm run build`: the page to dist/, the command line to dist/headless/. */
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensureDependencies, ROOT, run, runTool } from './install.mjs';

export function buildPage() {
  return runTool('vite/bin/vite.js', ['build', '--logLevel', 'warn']);
}

/** Bundles for Node: `dist/headless/cutaway.js` is what runs it. */
export function bundleHeadless(options = [], env = process.env) {
  const config = ['--config', 'src/headless/vite.headless.ts', '--logLevel', 'warn'];
  return runTool('vite/bin/vite.js', ['build', ...config, ...options], { env });
}

/** A text of ASCII is read faster and takes half the memory: V8 keeps it as bytes. */
function toAscii(path) {
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(path, readFileSync(path, 'utf8').replace(/[^\0-\x7f]/g, escape));
}

/** Puts the launcher beside the program in a folder; returns its path. */
function addLauncher(folder) {
  const launcher = resolve(folder, 'cutaway.js');
  copyFileSync(resolve(ROOT, 'src/headless/scripts/launch.mjs'), launcher);
  copyFileSync(resolve(ROOT, 'src/headless/scripts/v8-flags.mjs'), resolve(folder, 'v8-flags.mjs'));
  chmodSync(launcher, 0o755);
  return launcher;
}

/** What the compiled code is taken from: what V8 has met in this session need not be compiled again. */
const SESSION = [
  'crictl ps; crictl pods; ctr -n k8s.io containers ls; systemctl status kubelet --no-pager | head -3',
  'kubectl create deployment web --image=nginx:alpine --replicas=2; kubectl run once --image=busybox -- false',
  'sleep 15; kubectl get pods -o wide; kubectl describe pod once > /dev/null; kubectl logs deploy/web | head -1',
  'kubectl delete deployment web; nerdctl run --rm alpine echo hi; ps aux | grep -c runc; cat /etc/os-release | head -1',
].join('\n');

export function buildHeadless() {
  const status = bundleHeadless();
  if (status !== 0) return status;
  toAscii(resolve(ROOT, 'dist/headless/program.cjs'));
  const launcher = addLauncher(resolve(ROOT, 'dist/headless'));
  const env = { ...process.env, CUTAWAY_KEEP_COMPILED: '1' };
  return run(process.execPath, [launcher, 'run', '-c', SESSION], { env, stdio: 'ignore' });
}

if (process.argv[1] === import.meta.filename) {
  ensureDependencies();
  process.exitCode = buildPage() || buildHeadless();
}
