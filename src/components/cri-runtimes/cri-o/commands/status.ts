/**
 * `crio status`: asks the daemon over HTTP, on the same socket as the CRI.
 * @models CRI-O 1.36 internal/criocli/status.go, internal/client
 * @fidelity partial: goroutines and heap dumps are not simulated
 */
import type { CliContext } from '../../../../go/cli-types.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno } from '../../../../linux/errno.ts';
import { print, readAll } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { failure } from '../../shared/errors.ts';
import { unmarshalJson } from '../../shared/go-json.ts';
import type { ContainerInfo, CrioInfo } from '../server/inspect.ts';

export type StatusCommand = 'config' | 'containers' | 'info' | 'goroutines' | 'heap';

export async function status(
  ctx: Context,
  command: StatusCommand,
  socket: string,
  cli: Pick<CliContext, 'string'>,
): Promise<number> {
  switch (command) {
    case 'config':
      await print(ctx, await get(ctx, socket, '/config'));
      return 0;
    case 'info':
      await print(ctx, infoText(unmarshalJson(await get(ctx, socket, '/info')) as unknown as CrioInfo));
      return 0;
    case 'containers': {
      const id = cli.string('id');
      if (id === '') throw failure('the argument --id cannot be empty');
      const info = unmarshalJson(await get(ctx, socket, `/containers/${id}`)) as unknown as ContainerInfo;
      await print(ctx, containerText(info));
      return 0;
    }
    default:
      throw failure(`status ${command}: not simulated: the Go runtime's own profiles`);
  }
}

async function get(ctx: Context, socket: string, path: string): Promise<string> {
  const url = `http://${socket.replaceAll('/', '%2F')}${path}`;
  let fd: number;
  try {
    fd = await ctx.sys.connect(ctx, { family: 'unix', path: socket });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`do get request: Get ${quote(url)}: dial unix ${socket}: connect: ${error.go}`);
  }
  await ctx.sys.write(
    ctx,
    fd,
    `GET ${path} HTTP/1.1\r\nHost: ${socket}\r\nUser-Agent: Go-http-client/1.1\r\nConnection: close\r\n\r\n`,
  );
  const answer = utf8(await readAll(ctx, fd));
  await ctx.sys.close(ctx, fd);
  const split = answer.indexOf('\r\n\r\n');
  if (split < 0) throw failure(`do get request: Get ${quote(url)}: EOF`);
  return answer.slice(split + 4);
}

function infoText(info: CrioInfo): string {
  const mappings = (list: CrioInfo['default_id_mappings']['uids']): string =>
    list.map((one) => `  ${one.container_id}:${one.host_id}:${one.size}\n`).join('');
  return (
    `cgroup driver: ${info.cgroup_driver}\nstorage driver: ${info.storage_driver}\n` +
    `storage graph root: ${info.storage_root}\nstorage image: ${info.storage_image}\n` +
    `default GID mappings (format <container>:<host>:<size>):\n${mappings(info.default_id_mappings.gids)}` +
    `default UID mappings (format <container>:<host>:<size>):\n${mappings(info.default_id_mappings.uids)}`
  );
}

function containerText(info: ContainerInfo): string {
  const map = (values: Record<string, string> | null): string =>
    Object.entries(values ?? {})
      .map(([key, value]) => `  ${key}: ${value}\n`)
      .join('');
  return (
    `name: ${info.name}\npid: ${info.pid}\nimage: ${info.image}\nimage ref: ${info.image_ref}\n` +
    `created: ${info.created_time}\nlabels:\n${map(info.labels)}annotations:\n${map(info.annotations)}` +
    `CRI-O annotations:\n${map(info.crio_annotations)}log path: ${info.log_path}\ngraph root: ${info.root}\n` +
    `sandbox: ${info.sandbox}\nips: ${info.ip_addresses.join(', ')}\n`
  );
}
