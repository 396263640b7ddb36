import type { CliCommand } from '../../../go/cli-types.ts';
import { humanSize } from '../../../go/units.ts';
import { print } from '../../../linux/io.ts';
import { type FilesystemUsage, ImageFsInfoResponse } from '../../../protocols/cri/generated.ts';
import { toProtoJson } from '../../../protocols/protojson.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { wrapping } from '../failure.ts';
import { OUTPUT, TEMPLATE } from '../flags.ts';
import { imageFsInfo } from '../image-calls.ts';
import { debug } from '../logger.ts';
import { printStatuses } from '../output.ts';
import type { Action } from '../run.ts';
import { connectImages } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/image.go imageFsInfoCommand @fidelity full */
export const imageFsInfoCommand: CliCommand<Action> = {
  name: 'imagefsinfo',
  usage: 'Show how much room images take',
  shortOptions: true,
  flags: [OUTPUT('json|yaml|go-template|table'), TEMPLATE],
  action: async (ctx, run) => {
    const { cli } = run;
    const service = await connectImages(ctx, run);
    const format = cli.string('output') === '' ? 'json' : cli.string('output');
    const answer = await wrapping('image filesystem info request', () => imageFsInfo(ctx, service));
    await debug(ctx, run.logger, () => `ImageFsInfoResponse: ${toProtoText(ImageFsInfoResponse, answer)}`);
    if (format === 'table') {
      const text = section('Container', answer.containerFilesystems) + section('Image', answer.imageFilesystems);
      return await print(ctx, text);
    }
    const status = toProtoJson(ImageFsInfoResponse, answer);
    await printStatuses(ctx, [{ status, info: {} }], format, cli.string('template'));
  },
};

function section(label: string, filesystems: readonly FilesystemUsage[]): string {
  const lines = filesystems.map((usage, i) => {
    const disk = humanSize(Number(usage.usedBytes?.value ?? 0n));
    const inodes = usage.inodesUsed?.value ?? 0n;
    const mountpoint = usage.fsId?.mountpoint ?? '';
    const head = `TimeStamp[${i}]: ${usage.timestamp}\nDisk[${i}]: ${disk}\n`;
    return `${head}Inodes[${i}]: ${inodes}\nMountpoint[${i}]: ${mountpoint}\n`;
  });
  return `${label} Filesystem \n${lines.join('')}`;
}
