/** @models k8s.io/kubectl pkg/cmd/portforward portforward.go; k8s.io/client-go tools/portforward @fidelity partial: IPv4 listeners only; no --address but localhost's */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { klogHeader } from '../../../go/klog.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, field, list, number, text } from '../../../protocols/kube/fields.ts';
import { resourceNamed, resourcePath } from '../../../protocols/kube/resources.ts';
import { connectPortForward, type PortForwarder, StreamError } from '../../../protocols/streaming/client.ts';
import { Failure, usageFailure } from '../failure.ts';
import { onePodOf } from '../pods.ts';
import type { Action, Run } from '../run.ts';
import { refusalOf } from '../streaming.ts';

const READ_SIZE = 32_768;

export const portForwardCommand: CobraCommand<Action> = {
  name: 'port-forward',
  use: 'TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  short: 'Forward one or more local ports to a pod',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    { name: 'address', kind: 'stringSlice', usage: 'Addresses to listen on: localhost, 127.0.0.1 or 0.0.0.0.' },
    { name: 'pod-running-timeout', kind: 'duration', value: 60e9, usage: 'How long to wait for a running pod' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [word, ...ports] = cli.args;
    if (word === undefined || ports.length === 0)
      throw usageFailure(cli.path, 'TYPE/NAME and list of ports are required for port-forward');
    const pod = await onePodOf(ctx, run, word, false);
    const phase = text(pod, 'status', 'phase');
    if (phase !== 'Running')
      throw new Failure(`unable to forward port because pod is not running. Current status=${phase}`);
    const service = await serviceOf(ctx, run, word);
    const pairs = ports.map((spec) => pairOf(spec, pod, service));
    const client = await run.client(ctx);
    const namespace = text(pod, 'metadata', 'namespace');
    const path = resourcePath(resourceNamed('pods'), namespace, text(pod, 'metadata', 'name'), 'portforward');
    let forwarder: PortForwarder;
    try {
      forwarder = await connectPortForward(ctx, client.config.server + path, 'spdy', client.transport);
    } catch (error) {
      if (error instanceof StreamError) throw refusalOf(error.message);
      throw error;
    }
    const addresses = cli.strings('address').map((one) => (one === 'localhost' ? '127.0.0.1' : one));
    for (const { local, remote } of pairs)
      for (const host of addresses.length === 0 ? ['127.0.0.1'] : addresses)
        await listen(ctx, forwarder, host, local, remote, addresses.length === 0);
    await forwarder.closed.wait();
    throw new Failure('lost connection to pod');
  },
};

async function serviceOf(ctx: Context, run: Run, word: string): Promise<Fields | null> {
  const [type = '', name] = word.split('/');
  if (name === undefined) return null;
  const resource = await run.resource(ctx, type);
  if (resource.kind !== 'Service') return null;
  return (await (await run.client(ctx)).get(ctx, resource, await run.namespace(ctx), name)) as Fields;
}

function pairOf(spec: string, pod: Fields, service: Fields | null): { local: number; remote: number } {
  const [first = '', second] = spec.split(':');
  const wanted = second ?? first;
  if (wanted === '') throw new Failure('remote port cannot be empty');
  const remote = service === null ? portOfPod(wanted, pod) : portOfService(wanted, service, pod);
  if (second === undefined) return { local: service === null || !/^\d+$/.test(first) ? remote : Number(first), remote };
  return { local: first === '' ? 0 : Number(first), remote };
}

function portOfPod(wanted: string, pod: Fields): number {
  if (/^\d+$/.test(wanted)) return Number(wanted);
  for (const container of list(pod, 'spec', 'containers'))
    for (const port of list(container, 'ports'))
      if (text(port, 'name') === wanted) return number(port, 'containerPort') ?? 0;
  throw new Failure(`Pod '${text(pod, 'metadata', 'name')}' does not have a named port '${wanted}'`);
}

function portOfService(wanted: string, service: Fields, pod: Fields): number {
  const found = list(service, 'spec', 'ports').find(
    (port) => text(port, 'name') === wanted || String(number(port, 'port')) === wanted,
  );
  const name = text(service, 'metadata', 'name');
  if (found === undefined) throw new Failure(`Service ${name} does not have a service port ${wanted}`);
  const target = field(found, 'targetPort');
  return typeof target === 'string' ? portOfPod(target, pod) : Number(target ?? number(found, 'port'));
}

async function listen(
  ctx: Context,
  forwarder: PortForwarder,
  host: string,
  local: number,
  remote: number,
  announcesIPv6: boolean,
): Promise<void> {
  let fd: number;
  try {
    fd = await ctx.sys.listen(ctx, { family: 'inet', host, port: local });
  } catch (error) {
    if (!isErrno(error)) throw error;
    const why = `listen tcp4 ${host}:${local}: bind: ${error.go}`;
    await printError(
      ctx,
      `Unable to listen on port ${local}: Listeners failed to create with the following errors: [unable to create listener: Error ${why}]\n`,
    );
    throw new Failure(`unable to listen on any of the requested ports: [{${local} ${remote}}]`);
  }
  const bound = ctx.sys.socketAddress(ctx, fd, 'local');
  const port = bound.family === 'inet' ? bound.port : local;
  await print(ctx, `Forwarding from ${host}:${port} -> ${remote}\n`);
  if (announcesIPv6) await print(ctx, `Forwarding from [::1]:${port} -> ${remote}\n`);
  ctx.go('forward', async (c) => {
    for (;;) {
      const connection = await c.sys.accept(c, fd);
      await print(c, `Handling connection for ${port}\n`);
      c.go('connection', (inner) => carry(inner, forwarder, connection, port, remote));
    }
  });
}

async function carry(ctx: Context, forwarder: PortForwarder, fd: number, local: number, remote: number): Promise<void> {
  const there = await forwarder.open(ctx, remote);
  ctx.go('out', async (c) => {
    try {
      for (;;) {
        const bytes = await c.sys.read(c, fd, READ_SIZE);
        if (bytes.length === 0 || !(await there.send(c, bytes))) break;
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    await there.end(c);
  });
  for (let bytes = await there.receive(); bytes !== null; bytes = await there.receive()) {
    try {
      await ctx.sys.write(ctx, fd, bytes);
    } catch (error) {
      if (!isErrno(error)) throw error;
      break;
    }
  }
  const problem = await there.result.wait();
  await ctx.sys.close(ctx, fd).catch(() => undefined);
  if (problem === null) return;
  const head = klogHeader({
    severity: 'E',
    timeNs: ctx.wallTime,
    pid: ctx.sys.getpid(ctx),
    caller: 'portforward.go:522',
  });
  const words = `an error occurred forwarding ${local} -> ${remote}: ${problem}`;
  await printError(ctx, `${head}"Unhandled Error" err=${JSON.stringify(words)}\n`);
  await forwarder.close(ctx);
}
