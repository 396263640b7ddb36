/**
 * Images in and out by containerd's transfer service, and the image that a new container needs.
 * @models nerdctl v2.3.5 pkg/imgutil/imgutil.go EnsureImage, pkg/imgutil/transfer.go, pkg/imgutil/dockerconfigresolver
 * @fidelity partial: of the docker configuration, plain `auth` entries
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, readFile } from '../../linux/io.ts';
import { isLocalhost } from '../../protocols/distribution/hosts.ts';
import { parsePlatform } from '../../protocols/oci/platform.ts';
import { parseDockerReference } from '../../protocols/oci/reference.ts';
import type { Platform } from '../../protocols/oci/types.ts';
import type { Client } from '../common/containerd/client.ts';
import { isKind, nativeError } from '../common/containerd/errors.ts';
import { getImage, isUnpacked, type ResolvedImage, resolveImage, unpackImage } from '../common/containerd/image.ts';
import { TransferDisplay } from '../common/containerd/progress.ts';
import { type Credentials, imageStore, ociRegistry, transfer } from '../common/containerd/transfer.ts';
import { dropReducedImage, reducedImage } from './reduced-image.ts';
import { fail, log } from './run.ts';
import { findImage, parseImageName } from './walker.ts';

export const HOST: Platform = { os: 'linux', architecture: 'amd64' };

export function platformsOf(words: readonly string[]): Platform[] {
  return (words.length === 0 ? ['linux/amd64'] : words).map(
    (text) =>
      parsePlatform(text) ??
      fail(`invalid platform ${quote(text)}: unknown operating system or architecture: invalid argument`),
  );
}

export type PullOptions = {
  platforms: readonly Platform[];
  quiet: boolean;
  unpack: boolean;
  /** Descriptor of the progress: 1 for pull, 2 for run. */
  fd: number;
};

export type PushOptions = { platforms: readonly Platform[] | 'all'; quiet: boolean };

/** Where the docker configuration is. */
export function dockerConfigPath(ctx: Context): string {
  const directory = getenv(ctx, 'DOCKER_CONFIG') ?? `${getenv(ctx, 'HOME') ?? '/root'}/.docker`;
  return `${directory}/config.json`;
}

export type DockerConfig = { auths?: Record<string, { auth?: string; identitytoken?: string }> };

export async function dockerConfig(ctx: Context): Promise<DockerConfig> {
  try {
    return JSON.parse(await readFile(ctx, dockerConfigPath(ctx))) as DockerConfig;
  } catch (error) {
    if (isErrno(error) || error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Docker Hub's entry has a name from other times. */
export function authKey(domain: string): string {
  return domain === 'docker.io' || domain === 'registry-1.docker.io' ? 'https://index.docker.io/v1/' : domain;
}

async function credentialsFor(ctx: Context, domain: string): Promise<Credentials | null> {
  const { auths = {} } = await dockerConfig(ctx);
  const auth = auths[authKey(domain)]?.auth ?? auths[`https://${domain}`]?.auth;
  if (auth === undefined) return null;
  const [username = '', ...rest] = decodeBase64(auth).split(':');
  return { username, secret: rest.join(':') };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function decodeBase64(text: string): string {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text.replace(/=+$/, '')) {
    held = ((held << 6) | Math.max(0, ALPHABET.indexOf(letter))) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

async function registry(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  name: string,
): Promise<Awaited<ReturnType<typeof ociRegistry>>> {
  const { domain } = parseDockerReference(name);
  return ociRegistry(ctx, client, name, {
    hostDir: cli.strings('hosts-dir')[0] ?? '',
    plainHttp: isLocalhost(domain),
    credentials: await credentialsFor(ctx, domain),
  });
}

async function plainRegistry(
  ctx: Context,
  client: Client,
  name: string,
): Promise<Awaited<ReturnType<typeof registry>>> {
  const { domain } = parseDockerReference(name);
  const credentials = await credentialsFor(ctx, domain);
  return ociRegistry(ctx, client, name, { hostDir: '', plainHttp: true, credentials });
}

const NOT_HTTPS = /connection refused|server gave HTTP response to HTTPS client|tls: |scheme mismatch/;

/** With --insecure-registry a server that does not speak TLS is asked again without. */
async function insecurely(
  ctx: Context,
  cli: CobraContext,
  name: string,
  move: (isPlain: boolean) => Promise<void>,
): Promise<void> {
  try {
    await move(false);
  } catch (error) {
    const native = nativeError(error);
    if (!cli.bool('insecure-registry') || !NOT_HTTPS.test(native.message)) throw native;
    const { domain } = parseDockerReference(name);
    await log(
      ctx,
      'warning',
      `server ${quote(domain)} does not seem to support HTTPS, falling back to plain HTTP`,
      native,
    );
    await move(true);
  }
}

export async function pullImage(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  name: string,
  options: PullOptions,
): Promise<void> {
  const snapshotter = await client.snapshotter(ctx, cli.string('snapshotter'));
  const platforms = options.platforms.map(({ os, architecture, variant = '' }) => ({ os, architecture, variant }));
  const destination = imageStore({
    name,
    platforms,
    unpacks: options.unpack ? platforms.map((platform) => ({ platform, snapshotter })) : [],
  });
  const display = new TransferDisplay(ctx, options.fd);
  await insecurely(ctx, cli, name, async (isPlain) => {
    const source = isPlain ? await plainRegistry(ctx, client, name) : await registry(ctx, cli, client, name);
    await transfer(ctx, client, source, destination, async (c, progress) => {
      if (!options.quiet) await display.update(c, progress);
    });
  });
}

export async function pushImage(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  name: string,
  options: PushOptions,
): Promise<void> {
  if (options.platforms === 'all') return pushAs(ctx, cli, client, name, name, options.quiet);
  const reduced = await reducedImage(ctx, client, name, options.platforms);
  const { mediaType, digest } = reduced.target;
  try {
    await log(ctx, 'info', `pushing as a reduced-platform image (${mediaType}, ${digest})`);
    await pushAs(ctx, cli, client, reduced.name, name, options.quiet);
  } finally {
    await dropReducedImage(ctx, client, reduced.name);
  }
}

async function pushAs(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  local: string,
  name: string,
  quiet: boolean,
): Promise<void> {
  const display = new TransferDisplay(ctx);
  await insecurely(ctx, cli, name, async (isPlain) => {
    const destination = isPlain ? await plainRegistry(ctx, client, name) : await registry(ctx, cli, client, name);
    await transfer(ctx, client, imageStore({ name: local }), destination, async (c, progress) => {
      if (!quiet) await display.update(c, progress);
    });
  });
}

/** EnsureImage: there, or pulled; unpacked in any case. `mode`: always, missing or never. */
export async function ensureImage(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  raw: string,
  mode: string,
  options: PullOptions,
): Promise<ResolvedImage> {
  if (!['always', 'missing', 'never'].includes(mode)) fail(`unexpected pull mode: ${quote(mode)}`);
  const platform = options.platforms[0] ?? HOST;
  if (mode !== 'always') {
    const there = await existing(ctx, client, raw, platform);
    if (there !== null) return unpacked(ctx, cli, client, there);
  }
  if (mode === 'never') fail(`image not available: ${quote(raw)}`);
  const name = parseImageName(raw);
  await pullImage(ctx, cli, client, name, options);
  return unpacked(ctx, cli, client, await resolveImage(ctx, client, await getImage(ctx, client, name), platform));
}

async function existing(ctx: Context, client: Client, raw: string, platform: Platform): Promise<ResolvedImage | null> {
  const image = await findImage(ctx, client, raw);
  if (image === null) return null;
  try {
    return await resolveImage(ctx, client, image, platform);
  } catch (error) {
    if (isKind(error, 'NotFound')) return null;
    throw error;
  }
}

async function unpacked(ctx: Context, cli: CobraContext, client: Client, image: ResolvedImage): Promise<ResolvedImage> {
  const snapshotter = await client.snapshotter(ctx, cli.string('snapshotter'));
  if (!(await isUnpacked(ctx, client, image, snapshotter))) await unpackImage(ctx, client, image, snapshotter);
  return image;
}
