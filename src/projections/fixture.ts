/** Test data: the trace of a small walk in the order the real programs act, made by hand. Only tests import this. */
import { type Layer, Trace } from '../sim/trace.ts';

export const POD = '94b2156614347d063d3b086355269c8289518ae3077902658141f5adf51e11fd';
export const CTR = '1d40d22b271ec167b0c56a08434f2c442d28f93c47e094809d4b902c619bcc27';
export const SOCK = '/run/containerd/containerd.sock';

const RSS = 1 << 20;

export class Recording {
  readonly clock = { now: 1_000_000_000 };
  readonly trace = new Trace(this.clock);
  private pid = 300;

  tick(ms: number): void {
    this.clock.now += Math.round(ms * 1e6);
  }

  spawn(
    parent: number,
    path: string,
    argv: string[],
    layer: Layer | null,
    span: number,
    comm = path.split('/').at(-1) ?? path,
  ): number {
    const pid = this.pid++;
    this.trace.emit(span, parent, {
      kind: 'process.fork',
      child: pid,
      ppid: parent,
      comm,
      layer: null,
      argv,
      rssBytes: RSS,
    });
    this.tick(0.3);
    this.trace.emit(span, pid, { kind: 'process.exec', path, argv, comm, layer, program: comm });
    this.tick(1);
    return pid;
  }

  exit(pid: number, parent: number, span: number, code = 0): void {
    this.trace.emit(span, pid, { kind: 'process.exit', code, signal: null });
    this.trace.emit(span, parent, { kind: 'process.reap', child: pid });
  }

  call(
    from: number,
    to: number,
    protocol: 'grpc' | 'ttrpc',
    method: string,
    address: string,
    span: number,
    body: (span: number) => void,
  ): void {
    const { trace } = this;
    const call = trace.newCall();
    const own = trace.startSpan(span, from, method, protocol === 'grpc' ? 'cri' : 'shim');
    const payload = trace.keepPayload(new Uint8Array([10, 3, 97, 98, 99]));
    trace.emit(own, from, {
      kind: 'rpc.request',
      call,
      protocol,
      method,
      address,
      to,
      metadata: { 'grpc-timeout': '10S' },
      payload,
      length: 5,
      type: 'runtime.v1.StartContainerRequest',
    });
    this.tick(1);
    body(own);
    this.tick(1);
    trace.emit(own, to, {
      kind: 'rpc.response',
      call,
      protocol,
      method,
      to: from,
      code: 0,
      codeName: 'OK',
      message: '',
      payload: 0,
      length: 0,
      type: 'runtime.v1.StartContainerResponse',
    });
    trace.endSpan(own, from);
  }

  http(from: number, to: number, method: string, span: number): void {
    const { trace } = this;
    const call = trace.newCall();
    const common = { call, protocol: 'http', method, payload: 0, length: 0, type: '' } as const;
    trace.emit(span, from, { kind: 'rpc.request', ...common, address: '192.168.1.10:6443', to, metadata: {} });
    this.tick(1);
    trace.emit(span, to, { kind: 'rpc.response', ...common, to: from, code: 200, codeName: 'OK', message: '' });
  }

  command(number: number, shell: number, line: string, body: (span: number) => number): void {
    const { trace } = this;
    const span = trace.startSpan(0, shell, line, 'client');
    trace.emit(span, shell, { kind: 'command.start', command: number, line });
    const exitCode = body(span);
    trace.emit(span, shell, { kind: 'command.end', command: number, exitCode });
    trace.endSpan(span, shell);
  }
}

export function boot(r: Recording): { containerd: number; shell: number } {
  const { trace } = r;
  const root = { source: '/dev/vda1', fstype: 'ext4', options: '' };
  trace.emit(0, 0, { kind: 'mount.attach', id: 1, namespace: 7, parent: null, at: '/', ...root });
  trace.emit(0, 1, {
    kind: 'process.fork',
    child: 1,
    ppid: 0,
    comm: 'systemd',
    layer: null,
    argv: ['/sbin/init'],
    rssBytes: RSS,
  });
  trace.emit(0, 1, {
    kind: 'process.exec',
    path: '/sbin/init',
    argv: ['/sbin/init'],
    comm: 'systemd',
    layer: 'client',
    program: 'systemd',
  });
  for (const type of ['pid', 'mnt', 'net', 'uts', 'ipc'])
    trace.emit(0, 1, { kind: 'namespace.new', type, id: 4026531836 });
  const containerd = r.spawn(1, '/usr/bin/containerd', ['/usr/bin/containerd'], 'cri-runtime', 0);
  trace.emit(0, 1, { kind: 'cgroup.attach', path: '/system.slice/containerd.service', target: containerd });
  trace.emit(0, containerd, { kind: 'socket.listen', address: SOCK });
  const login = r.spawn(1, '/usr/lib/openssh/sshd-session', ['sshd-session'], 'client', 0);
  const shell = r.spawn(login, '/bin/bash', ['-bash'], 'client', 0);
  return { containerd, shell };
}

export function pull(r: Recording, containerd: number, shell: number, command: number): void {
  r.command(command, shell, 'crictl pull busybox', (span) => {
    const crictl = r.spawn(shell, '/usr/bin/crictl', ['crictl', 'pull', 'busybox'], 'client', span);
    r.call(crictl, containerd, 'grpc', '/runtime.v1.ImageService/PullImage', SOCK, span, (own) => {
      for (const [i, size] of [610, 2296, 1_920_000].entries()) {
        r.tick(40);
        r.trace.emit(own, containerd, {
          kind: 'state',
          component: 'containerd',
          topic: 'content',
          key: `sha256:${i}`,
          value: { size },
        });
      }
      r.trace.emit(own, containerd, {
        kind: 'state',
        component: 'containerd',
        topic: 'snapshot',
        key: 'sha256:0',
        value: { kind: 'committed' },
      });
      r.trace.emit(own, containerd, {
        kind: 'state',
        component: 'containerd',
        topic: 'image',
        key: 'docker.io/library/busybox:latest',
        value: { target: 'sha256:0' },
      });
    });
    r.exit(crictl, shell, span);
    return 0;
  });
}

export function runPod(r: Recording, containerd: number, shell: number, command: number): number {
  let shim = 0;
  r.command(command, shell, 'crictl runp pod-config.json', (span) => {
    const crictl = r.spawn(shell, '/usr/bin/crictl', ['crictl', 'runp', 'pod-config.json'], 'client', span);
    r.call(crictl, containerd, 'grpc', '/runtime.v1.RuntimeService/RunPodSandbox', SOCK, span, (own) => {
      r.trace.emit(own, containerd, {
        kind: 'state',
        component: 'containerd',
        topic: 'sandbox',
        key: POD,
        value: { name: 'nginx-sandbox', namespace: 'default', state: 'ready', ip: '10.88.0.5' },
      });
      r.trace.emit(own, containerd, {
        kind: 'state',
        component: 'containerd',
        topic: 'container',
        key: POD,
        value: { sandboxId: POD },
      });
      shim = r.spawn(
        containerd,
        '/usr/bin/containerd-shim-runc-v2',
        ['/usr/bin/containerd-shim-runc-v2', '-namespace', 'k8s.io', '-id', POD, '-address', SOCK],
        'shim',
        own,
      );
      r.trace.emit(own, shim, { kind: 'process.reparent', child: shim, ppid: 1 });
      startContainer(r, containerd, shim, POD, 'pause', own);
    });
    r.exit(crictl, shell, span);
    return 0;
  });
  return shim;
}

function startContainer(
  r: Recording,
  containerd: number,
  shim: number,
  id: string,
  program: string,
  span: number,
): void {
  const { trace } = r;
  r.call(containerd, shim, 'ttrpc', '/containerd.task.v3.Task/Create', '/run/containerd/s/a61c', span, (own) => {
    const runc = r.spawn(
      shim,
      '/usr/bin/runc',
      ['runc', '--root', '/run/containerd/runc/k8s.io', 'create', '--bundle', `/run/x/${id}`, id],
      'oci-runtime',
      own,
    );
    trace.emit(own, runc, { kind: 'cgroup.create', path: `/k8s.io/${id}` });
    trace.emit(own, runc, { kind: 'cgroup.write', path: `/k8s.io/${id}`, file: 'cpu.weight', value: '1' });
    const init = r.spawn(runc, '/usr/bin/runc', ['runc', 'init'], 'oci-runtime', own, 'runc:[2:INIT]');
    trace.emit(own, runc, { kind: 'cgroup.attach', path: `/k8s.io/${id}`, target: init });
    for (const type of ['pid', 'mnt', 'net', 'uts', 'ipc'])
      trace.emit(own, init, { kind: 'namespace.new', type, id: 4026532300 + type.length });
    trace.emit(own, init, {
      kind: 'mount.attach',
      id: init,
      namespace: 7,
      parent: 1,
      at: `/run/x/${id}/rootfs`,
      source: 'overlay',
      fstype: 'overlay',
      options: 'lowerdir=/v/snapshots/1/fs,upperdir=/v/snapshots/9/fs,workdir=/v/snapshots/9/work',
    });
    trace.emit(own, init, {
      kind: 'mount',
      namespace: 7,
      source: 'overlay',
      target: `/run/x/${id}/rootfs`,
      fstype: 'overlay',
      options: 'lowerdir=/v/snapshots/1/fs,upperdir=/v/snapshots/9/fs,workdir=/v/snapshots/9/work',
    });
    r.exit(runc, shim, own);
    trace.emit(own, 1, { kind: 'process.reparent', child: init, ppid: shim });
    trace.emit(own, containerd, {
      kind: 'state',
      component: 'containerd',
      topic: 'task',
      key: id,
      value: { status: 'created', pid: init },
    });
    const start = r.spawn(shim, '/usr/bin/runc', ['runc', 'start', id], 'oci-runtime', own);
    trace.emit(own, init, {
      kind: 'process.exec',
      path: `/${program}`,
      argv: [program],
      comm: program,
      layer: 'workload',
      program,
    });
    trace.emit(own, containerd, {
      kind: 'state',
      component: 'containerd',
      topic: 'task',
      key: id,
      value: { status: 'running', pid: init },
    });
    r.exit(start, shim, own);
  });
}

export function runContainer(r: Recording, containerd: number, shell: number, shim: number, command: number): void {
  r.trace.emit(0, containerd, {
    kind: 'state',
    component: 'containerd',
    topic: 'cri-container',
    key: CTR,
    value: { sandbox: POD, name: 'busybox', image: 'busybox', state: 'CONTAINER_CREATED' },
  });
  r.command(command, shell, 'crictl start 1d40', (span) => {
    const crictl = r.spawn(shell, '/usr/bin/crictl', ['crictl', 'start', '1d40'], 'client', span);
    r.call(crictl, containerd, 'grpc', '/runtime.v1.RuntimeService/StartContainer', SOCK, span, (own) => {
      startContainer(r, containerd, shim, CTR, 'top', own);
    });
    r.exit(crictl, shell, span);
    return 0;
  });
}
