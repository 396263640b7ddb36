/** skopeo copy. @models skopeo 1.18 cmd/skopeo/copy.go; containers/image 5.34 copy @fidelity partial: one instance of an index, no signatures, no conversion of formats, nothing is pushed */
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import type { ImageManifest } from '../../protocols/oci/types.ts';
import { parseName } from '../cri-runtimes/shared/containers-image/names.ts';
import { pull } from '../cri-runtimes/shared/containers-image/pull.ts';
import { failure, wrap } from '../cri-runtimes/shared/errors.ts';
import { type Command, quiet, USER_AGENT } from './run.ts';
import { around, openImage, openStore, parseReference, type Reference, writeDirectory } from './transports.ts';

/** What is told while an image is copied, a line each: short where somebody looks on. */
export function copyReporter(
  isTerminal: boolean,
): (ctx: Context, what: 'signatures' | 'blob' | 'config' | 'manifest', digest: string) => Promise<void> {
  const shown = (digest: string): string =>
    isTerminal ? `${digest.slice('sha256:'.length, 'sha256:'.length + 12)} done   | ` : digest;
  return (ctx, what, digest) => {
    if (what === 'signatures') return print(ctx, 'Getting image source signatures\n');
    if (what === 'manifest') return print(ctx, 'Writing manifest to image destination\n');
    return print(ctx, `Copying ${what} ${shown(digest)}\n`);
  };
}

export const copyCommand: Command = {
  name: 'copy',
  use: 'SOURCE-IMAGE DESTINATION-IMAGE',
  short: 'Copy an image from one place to another',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'all images of an index' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'say nothing' },
  ],
  action: async (ctx, cli) => {
    const [from, to] = cli.args;
    if (cli.args.length !== 2 || from === undefined || to === undefined)
      throw failure('Exactly two arguments expected');
    if (cli.bool('all')) throw failure('not simulated: copying all images of an index');
    const source = referenceOf('source', from);
    const destination = referenceOf('destination', to);
    const tell = cli.bool('quiet') ? async () => {} : copyReporter(await ctx.sys.isTty(ctx, 1));
    if (destination.transport === 'docker') throw failure('not simulated: pushing to a registry with skopeo');
    if (destination.transport === 'containers-storage') return toStore(ctx, source, destination, tell);
    const image = await openImage(ctx, source).catch((error: unknown) => around('initializing source ' + from, error));
    const manifest = JSON.parse(utf8(image.manifest.body.bytes())) as ImageManifest;
    await tell(ctx, 'signatures', '');
    for (const { digest } of manifest.layers) await tell(ctx, 'blob', digest);
    await tell(ctx, 'config', manifest.config.digest);
    await writeDirectory(ctx, destination, image);
    await tell(ctx, 'manifest', image.manifest.digest);
    await image.close(ctx);
  },
};

function referenceOf(what: string, name: string): Reference {
  try {
    return parseReference(name);
  } catch (error) {
    throw wrap(`Invalid ${what} name ${name}`, error);
  }
}

async function toStore(
  ctx: Context,
  source: Reference,
  destination: Reference,
  onCopy: ReturnType<typeof copyReporter>,
): Promise<void> {
  if (source.transport !== 'docker')
    throw failure(`not simulated: copying from ${source.transport} to containers-storage`);
  const store = await openStore(ctx);
  const name = parseName(destination.text.replace(/^\[[^\]]*\]/, ''));
  await pull(ctx, parseName(source.text), {
    store,
    log: quiet,
    insecureRegistries: [],
    credentials: null,
    userAgent: USER_AGENT,
    onCopy,
    storeAs: name,
  });
}
