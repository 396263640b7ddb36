/**
 * Networks of podman's containers: an address of its own book, and netavark for the rest.
 * @models go.podman.io/common libnetwork/netavark/{run,ipam,exec}.go
 * @fidelity partial: the one default network; its book of addresses is JSON
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, readFile, runCommand, writeFileAtomic } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { newNetworkNamespace, removeNetworkNamespace } from '../../cri-runtimes/shared/cni/netns.ts';
import { failure } from '../../cri-runtimes/shared/errors.ts';
import { type LibpodContainer, readDatabase } from './database.ts';
import { bindPorts } from './ports.ts';

const NETAVARK = '/usr/lib/podman/netavark';
const BOOK = '/run/containers/networks/ipam.db';
const FIRST_HOST = 2;
const LAST_HOST = 65_534;
const NETWORK = {
  name: 'podman',
  id: '2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9',
  driver: 'bridge',
  network_interface: 'podman0',
  subnets: [{ subnet: '10.88.0.0/16', gateway: '10.88.0.1' }],
  ipv6_enabled: false,
  internal: false,
  dns_enabled: false,
  ipam_options: { driver: 'host-local' },
};

type Book = { last: number; taken: Record<string, string> };

async function readBook(ctx: Context): Promise<Book> {
  if (!(await exists(ctx, BOOK))) return { last: FIRST_HOST - 1, taken: {} };
  return JSON.parse(await readFile(ctx, BOOK)) as Book;
}

async function writeBook(ctx: Context, book: Book): Promise<void> {
  await mkdirAll(ctx, BOOK.slice(0, BOOK.lastIndexOf('/')), 0o755);
  await writeFileAtomic(ctx, BOOK, JSON.stringify(book), 0o600);
}

/** The next one after the last that was given, round and round. */
async function takeAddress(ctx: Context, id: string): Promise<string> {
  const book = await readBook(ctx);
  for (let step = 1; step <= LAST_HOST; step++) {
    const host = ((book.last - FIRST_HOST + step) % (LAST_HOST - FIRST_HOST + 1)) + FIRST_HOST;
    const address = `10.88.${host >> 8}.${host & 255}`;
    if (book.taken[address] !== undefined) continue;
    book.taken[address] = id;
    book.last = host;
    await writeBook(ctx, book);
    return address;
  }
  throw failure('failed to find free IP in range: 10.88.0.1 - 10.88.255.254');
}

async function netavark(ctx: Context, verb: 'setup' | 'teardown', container: LibpodContainer): Promise<void> {
  const request = {
    container_id: container.id,
    container_name: container.name,
    ...(container.bound.length === 0 ? {} : { port_mappings: container.bound }),
    networks: { podman: { interface_name: 'eth0', static_ips: [container.address] } },
    network_info: { podman: NETWORK },
  };
  const argv = [NETAVARK, '--config', '/run/containers/networks', '--rootless=false', verb, container.netns];
  let result: Awaited<ReturnType<typeof runCommand>>;
  try {
    result = await runCommand(ctx, argv, { path: NETAVARK, env: [], stdin: JSON.stringify(request) });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw failure(
      'could not find "netavark" in one of [/usr/local/libexec/podman /usr/libexec/podman /usr/lib/podman]',
    );
  }
  if (result.status.exitCode === 0) return;
  const { error } = JSON.parse(utf8(result.stdout)) as { error: string };
  throw failure(`netavark: ${error}`);
}

export async function setUpNetwork(ctx: Context, container: LibpodContainer): Promise<void> {
  container.netns = await newNetworkNamespace(ctx, '/run/netns', undefined, 'netns-');
  const others = (await readDatabase(ctx)).containers.filter(({ id }) => id !== container.id);
  container.bound = await bindPorts(
    ctx,
    container.ports,
    others.flatMap(({ bound }) => bound),
  );
  container.address = await takeAddress(ctx, container.id);
  await netavark(ctx, 'setup', container);
}

export async function tearDownNetwork(ctx: Context, container: LibpodContainer): Promise<void> {
  if (container.netns === '') return;
  if (container.address !== '') {
    await netavark(ctx, 'teardown', container);
    const book = await readBook(ctx);
    delete book.taken[container.address];
    await writeBook(ctx, book);
  }
  await removeNetworkNamespace(ctx, container.netns);
  container.netns = '';
  container.address = '';
  container.bound = [];
}
