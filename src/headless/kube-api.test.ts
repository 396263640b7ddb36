/** `cutaway serve --kube-api` with a real kubectl, where one is installed: Debian's or a newer one. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { Bridge } from './serve/bridge.ts';
import { type ServedApi, serveKubeApi } from './serve/kube-api.ts';
import { WallClock } from './serve/wall-clock.ts';

const version = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
const minor = Number(/v1\.(\d+)/.exec(version.stdout ?? '')?.[1] ?? 0);

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: "nginx:alpine"}]
`;

describe.runIf(version.status === 0)('a real kubectl', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-kube-test-'));
  let api: ServedApi;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const machine = await Machine.boot({
      scenario: 'containerd',
      seed: 1,
      readyWallTimeNs: BigInt(Date.now()) * 1_000_000n,
    });
    const bridge = new Bridge(machine);
    const clock = new WallClock(
      machine,
      () => bridge.hurried,
      () => bridge.settle(),
    );
    bridge.clock = clock;
    api = (await serveKubeApi(machine, bridge)) as ServedApi;
    const running = clock.run();
    stop = async () => {
      clock.stop();
      await running;
      bridge.close();
      api.remove();
      expect(machine.defects).toEqual([]);
    };
  }, 60_000);
  afterAll(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)('kubectl', args, {
      timeout: 30_000,
      env: { ...process.env, KUBECONFIG: api.kubeconfig },
    }).catch((error: { stdout: string; stderr: string }) => error);
    return stdout + stderr;
  };

  test('gets, applies, waits, describes, logs, watches, deletes', async () => {
    expect(await kubectl('get', 'nodes')).toMatch(/NAME +STATUS +ROLES +AGE +VERSION\nnode-1 +Ready +/);
    const file = join(directory, 'pod.yaml');
    writeFileSync(file, MANIFEST);
    expect(await kubectl('apply', '-f', file)).toBe('pod/web created\n');
    expect(await kubectl('apply', '-f', file)).toBe('pod/web unchanged\n');
    expect(await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=20s')).toBe('pod/web condition met\n');
    expect(await kubectl('get', 'pod', 'web', '-o', 'wide')).toMatch(/web +1\/1 +Running +0 .*10\.88\.0\.\d+ +node-1/);
    expect(await kubectl('get', 'pod', 'web', '-o', 'jsonpath={.status.phase}')).toBe('Running');
    expect(await kubectl('describe', 'pod', 'web')).toMatch(/Normal +Started .*Container started/);
    expect(await kubectl('logs', 'web')).toContain('start worker process');
    expect(await kubectl('label', 'pod', 'web', 'a=b')).toMatch(/^pod\/web labeled/);
    const watching = kubectl('get', 'pods', '-w', '--request-timeout=4s');
    await new Promise((resume) => setTimeout(resume, 500));
    expect(await kubectl('delete', 'pod', 'web')).toContain('pod "web" deleted');
    expect((await watching).split('\n').filter((line) => line.startsWith('web ')).length).toBeGreaterThan(2);
    expect(await kubectl('get', 'pods')).toBe('No resources found in default namespace.\n');
  }, 60_000);

  test('what it makes by itself arrives, also as protobuf', async () => {
    expect(await kubectl('create', 'deployment', 'd', '--image=nginx:alpine')).toBe('deployment.apps/d created\n');
    expect(await kubectl('rollout', 'status', 'deployment', 'd')).toContain('successfully rolled out');
    expect(await kubectl('create', 'configmap', 'c', '--from-literal=a=b')).toBe('configmap/c created\n');
    expect(await kubectl('get', 'configmap', 'c', '-o', 'jsonpath={.data.a}')).toBe('b');
    expect(await kubectl('auth', 'can-i', 'create', 'pods')).toBe('yes\n');
    expect(await kubectl('explain', 'pod.spec.runtimeClassName')).toMatch(
      minor < 27 ? /./ : /FIELD: runtimeClassName <string>/,
    );
    expect(await kubectl('autoscale', 'deployment', 'd', '--max=3')).toBe(
      'horizontalpodautoscaler.autoscaling/d autoscaled\n',
    );
    expect(await kubectl('get', 'endpoints', 'kubernetes')).toContain('Warning: v1 Endpoints is deprecated in v1.33+');
    // By the eviction API, which clients look for among the sub-resources of pods.
    expect(await kubectl('drain', 'node-1', '--force', '--timeout=40s')).toMatch(/pod\/d-\S+ evicted\n/);
    expect(await kubectl('uncordon', 'node-1')).toBe('node/node-1 uncordoned\n');
    expect(await kubectl('delete', 'deployment,hpa', 'd')).toContain('deployment.apps "d" deleted');
  }, 60_000);

  test.runIf(minor >= 31)(
    'runs commands and copies files through WebSockets',
    async () => {
      const file = join(directory, 'pod2.yaml');
      writeFileSync(file, MANIFEST);
      await kubectl('apply', '-f', file);
      await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=20s');
      expect(await kubectl('exec', 'web', '--', 'sh', '-c', 'hostname; echo oops >&2; exit 3')).toBe(
        'web\noops\ncommand terminated with exit code 3\n',
      );
      await kubectl('cp', file, 'web:/tmp/x');
      expect(await kubectl('exec', 'web', '--', 'cat', '/tmp/x')).toBe(MANIFEST);
    },
    60_000,
  );
});
