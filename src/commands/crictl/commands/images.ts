import type { CliCommand, CliContext } from '../../../go/cli-types.ts';
import { humanSizeWithPrecision } from '../../../go/units.ts';
import { print } from '../../../linux/io.ts';
import { type Image, Int64Value, ListImagesResponse } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { wrapping } from '../failure.ts';
import { IMAGE_FILTER, NO_TRUNC, OUTPUT } from '../flags.ts';
import { queryImages, repoDigestOf, repoTagPairs } from '../list-images.ts';
import { printList } from '../output.ts';
import { type Action, showHelp } from '../run.ts';
import { connectImages } from '../service.ts';
import { table, truncatedId } from '../table.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/image.go listImageCommand @fidelity full */
export const imagesCommand: CliCommand<Action> = {
  name: 'images',
  aliases: ['image', 'img'],
  usage: 'Show images',
  argsUsage: '[REPOSITORY[:TAG]]',
  shortOptions: true,
  flags: [
    { name: 'digests', kind: 'bool', usage: 'Print digests too' },
    IMAGE_FILTER,
    NO_TRUNC,
    OUTPUT('json|yaml|table'),
    { name: 'pinned', kind: 'bool', usage: 'Print whether an image is pinned' },
    { name: 'quiet', aliases: ['q'], kind: 'bool', usage: 'Print IDs only' },
    { name: 'verbose', aliases: ['v'], kind: 'bool', usage: 'Print everything known about each image' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length > 1) return await showHelp(ctx, run);
    const service = await connectImages(ctx, run);
    const images = await wrapping('listing images', () => {
      return queryImages(ctx, service, cli.args[0] ?? '', cli.strings('filter'));
    });
    // A format it does not know is a table as well.
    if (await printList(ctx, cli.string('output'), ListImagesResponse, ListImagesResponse.create({ images }))) return;
    if (cli.bool('quiet')) await print(ctx, images.map(({ id }) => `${id}\n`).join(''));
    else if (cli.bool('verbose')) await print(ctx, images.map(verboseText).join(''));
    else await print(ctx, table([header(cli), ...images.flatMap((image) => rows(cli, image))]));
  },
};

function header(cli: CliContext): string[] {
  const digest = cli.bool('digests') ? ['DIGEST'] : [];
  return ['IMAGE', 'TAG', ...digest, 'IMAGE ID', 'SIZE', ...(cli.bool('pinned') ? ['PINNED'] : [])];
}

/** One for each tag. */
function rows(cli: CliContext, image: Image): string[][] {
  const shorten = (id: string): string => (cli.bool('no-trunc') ? id : truncatedId(id, 'sha256:'));
  const digest = cli.bool('digests') ? [shorten(repoDigestOf(image).digest)] : [];
  const size = humanSizeWithPrecision(Number(image.size), 3);
  const pinned = cli.bool('pinned') ? [String(image.pinned)] : [];
  return repoTagPairs(image).map(([name, tag]) => [name, tag, ...digest, shorten(image.id), size, ...pinned]);
}

function verboseText(image: Image): string {
  const lines = [`ID: ${image.id}`];
  for (const tag of image.repoTags) lines.push(`RepoTags: ${tag}`);
  for (const digest of image.repoDigests) lines.push(`RepoDigests: ${digest}`);
  if (image.size !== 0n) lines.push(`Size: ${image.size}`);
  if (image.uid !== undefined) lines.push(`Uid: ${toProtoText(Int64Value, image.uid)}`);
  if (image.username !== '') lines.push(`Username: ${image.username}`);
  if (image.pinned) lines.push('Pinned: true');
  return `${lines.join('\n')}\n\n`;
}
