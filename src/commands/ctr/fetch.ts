/** Content of an image without unpacking it. @models containerd 2.1 cmd/ctr/commands/content/fetch.go @fidelity partial: the daemon's transfer service fetches, one platform or all of them */
import type { Context } from '../../linux/context.ts';
import { parsePlatform } from '../../protocols/oci/platform.ts';
import type { Client } from '../common/containerd/client.ts';
import { TransferDisplay } from '../common/containerd/progress.ts';
import { imageStore, ociRegistry, transfer } from '../common/containerd/transfer.ts';
import { credentialsOf } from './resolver.ts';
import { fail, labelArgs, type Run } from './run.ts';

export type FetchOptions = { unpack: boolean; snapshotter: string };

export async function fetchImage(
  ctx: Context,
  run: Run,
  client: Client,
  reference: string,
  { unpack, snapshotter }: FetchOptions = { unpack: false, snapshotter: '' },
): Promise<void> {
  const { cli } = run;
  if (cli.bool('all-platforms') && cli.strings('platform').length > 0)
    fail('cannot specify both --platform and --all-platforms');
  const platforms = cli.bool('all-platforms')
    ? []
    : (cli.strings('platform').length > 0 ? cli.strings('platform') : ['linux/amd64']).map(
        (text) => parsePlatform(text) ?? fail(`"${text}": unknown operating system or architecture: invalid argument`),
      );
  const wanted = platforms.map(({ os, architecture, variant = '' }) => ({ os, architecture, variant }));
  const source = await ociRegistry(ctx, client, reference, {
    hostDir: cli.string('hosts-dir'),
    plainHttp: cli.bool('plain-http'),
    credentials: await credentialsOf(ctx, run),
  });
  const destination = imageStore({
    name: reference,
    labels: labelArgs(cli.strings('label')),
    platforms: wanted,
    allMetadata: !cli.bool('skip-metadata'),
    unpacks: unpack ? wanted.map((platform) => ({ platform, snapshotter })) : [],
  });
  const display = new TransferDisplay(ctx);
  await transfer(ctx, client, source, destination, (c, progress) => display.update(c, progress));
}
