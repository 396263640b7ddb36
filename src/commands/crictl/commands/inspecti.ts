import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import { humanSizeWithPrecision } from '../../../go/units.ts';
import { print } from '../../../linux/io.ts';
import { Image } from '../../../protocols/cri/generated.ts';
import { toProtoJson } from '../../../protocols/protojson.ts';
import { Failure, wrapping } from '../failure.ts';
import { IMAGE_FILTER, OUTPUT, QUIET_STATUS, TEMPLATE } from '../flags.ts';
import { tracedImageStatus } from '../image-status.ts';
import { queryImages } from '../list-images.ts';
import { log } from '../logger.ts';
import { goMapText, printStatuses, type StatusData } from '../output.ts';
import { type Action, showHelp } from '../run.ts';
import { connectImages } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/image.go imageStatusCommand @fidelity full */
export const inspectiCommand: CliCommand<Action> = {
  name: 'inspecti',
  usage: 'Show the status of images',
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  shortOptions: true,
  flags: [
    IMAGE_FILTER,
    { name: 'name', kind: 'string', usage: 'Only the image of this name' },
    OUTPUT('json|yaml|go-template|table'),
    QUIET_STATUS,
    TEMPLATE,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const service = await connectImages(ctx, run);
    const verbose = !cli.bool('quiet');
    const format = cli.string('output') === '' ? 'json' : cli.string('output');
    let ids = cli.args;
    if (ids.length === 0) {
      const images = await wrapping('listing images', () => {
        return queryImages(ctx, service, cli.string('name'), cli.strings('filter'));
      });
      ids = images.map(({ id }) => id);
    }
    if (ids.length === 0) {
      await log(ctx, run.logger, 'error', 'No IDs provided or nothing found per filter');
      return await showHelp(ctx, run);
    }
    const statuses: StatusData[] = [];
    for (const id of ids) {
      const answer = await wrapping(`image status for ${quote(id)} request`, () => {
        return tracedImageStatus(ctx, service, id, verbose);
      });
      const { image, info } = answer;
      if (image === undefined) throw new Failure(`no such image ${quote(id)} present`);
      if (format === 'table') await print(ctx, tableText(image, verbose ? info : undefined));
      else statuses.push({ status: toProtoJson(Image, image), info });
    }
    await printStatuses(ctx, statuses, format, cli.string('template'));
  },
};

function tableText(image: Image, info: Readonly<Record<string, string>> | undefined): string {
  const lines = [`ID: ${image.id}`];
  for (const tag of image.repoTags) lines.push(`Tag: ${tag}`);
  for (const digest of image.repoDigests) lines.push(`Digest: ${digest}`);
  lines.push(`Size: ${humanSizeWithPrecision(Number(image.size), 3)}`);
  if (info !== undefined) lines.push(`Info: ${goMapText(info)}`);
  return `${lines.join('\n')}\n`;
}
