import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { type Container, ListContainersResponse } from '../../../protocols/cri/generated.ts';
import { ago } from '../age.ts';
import { Failure, isFailure, wrapping } from '../failure.ts';
import { LABEL, NO_TRUNC, OUTPUT, selectors } from '../flags.ts';
import { imageStatus } from '../image-calls.ts';
import { parseLabels } from '../labels.ts';
import { containerStateText, podNameOf, podNamespaceOf, queryContainers } from '../list-containers.ts';
import { mapLines, printList } from '../output.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { type CriService, connectImages, connectRuntime } from '../service.ts';
import { table, truncatedId } from '../table.ts';

const { latest, last, state } = selectors('container');
const HEADER = ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'];

/** @models kubernetes-sigs/cri-tools cmd/crictl/container.go listContainersCommand @fidelity full */
export const psCommand: CliCommand<Action> = {
  name: 'ps',
  usage: 'Show containers',
  shortOptions: true,
  flags: [
    { name: 'all', aliases: ['a'], kind: 'bool', usage: 'Not only running containers' },
    { name: 'id', kind: 'string', usage: 'Only the container of this ID' },
    { name: 'image', kind: 'string', usage: 'Only containers of this image' },
    LABEL,
    last,
    latest,
    { name: 'name', kind: 'string', usage: 'Only containers whose name matches this pattern' },
    { name: 'namespace', kind: 'string', usage: "Only containers whose pod's namespace matches this pattern" },
    NO_TRUNC,
    { ...OUTPUT('json|yaml|table'), value: 'table' },
    { name: 'pod', aliases: ['p'], kind: 'string', usage: 'Only containers of the pod of this ID' },
    { name: 'quiet', aliases: ['q'], kind: 'bool', usage: 'Print IDs only' },
    { name: 'resolve-image-path', aliases: ['r'], kind: 'bool', usage: "Print images' names, not their IDs" },
    state,
    { name: 'verbose', aliases: ['v'], kind: 'bool', usage: 'Print everything known about each container' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length !== 0) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    const images = await connectImages(ctx, run);
    const labels = parseLabels(cli.strings('label'));
    await wrapping('listing containers', async () => {
      const containers = await wrapping('list containers', () =>
        queryContainers(ctx, runtime, images, {
          id: cli.string('id'),
          podId: cli.string('pod'),
          podNamespace: cli.string('namespace'),
          state: cli.string('state'),
          all: cli.bool('all'),
          name: cli.string('name'),
          latest: cli.bool('latest'),
          last: cli.number('last'),
          image: cli.string('image'),
          labels,
        }),
      );
      const format = cli.string('output');
      const response = ListContainersResponse.create({ containers });
      if (await printList(ctx, format, ListContainersResponse, response)) return;
      if (format !== 'table') throw new Failure(`unsupported output format ${quote(format)}`);
      await printContainers(ctx, run, images, containers);
    });
  },
};

async function printContainers(
  ctx: Context,
  run: Run,
  images: CriService,
  containers: readonly Container[],
): Promise<void> {
  const { cli } = run;
  if (cli.bool('quiet')) return await print(ctx, containers.map(({ id }) => `${id}\n`).join(''));
  if (cli.bool('verbose')) {
    return await print(ctx, containers.map((container) => verboseText(ctx, container)).join(''));
  }
  const rows: string[][] = [HEADER];
  for (const container of containers) rows.push(await row(ctx, run, images, container));
  await print(ctx, table(rows));
}

/** godigest.Parse of the algorithms it knows. */
const DIGEST = /^(sha256:(?=[a-f0-9]{64}$)|sha384:(?=[a-f0-9]{96}$)|sha512:(?=[a-f0-9]{128}$))/;

async function row(ctx: Context, run: Run, images: CriService, container: Container): Promise<string[]> {
  const isWhole = run.cli.bool('no-trunc');
  const shorten = (id: string): string => (isWhole ? id : truncatedId(id));
  let image = container.image?.image ?? '';
  // kubelet names images by ID; other names are printed as they are.
  const algorithm = DIGEST.exec(image)?.[1];
  if (!isWhole && algorithm !== undefined) image = truncatedId(image, algorithm);
  if (run.cli.bool('resolve-image-path')) image = await imagePath(ctx, images, image);
  return [
    shorten(container.id),
    image,
    ago(ctx, container.createdAt),
    containerStateText(container.state),
    container.metadata?.name ?? '',
    String(container.metadata?.attempt ?? 0),
    shorten(container.podSandboxId),
    podNameOf(container),
    podNamespaceOf(container),
  ];
}

async function imagePath(ctx: Context, images: CriService, image: string): Promise<string> {
  // Upstream's format string has a blank where others have a colon.
  try {
    const answer = await imageStatus(ctx, images, image, false);
    return answer.image?.repoTags[0] ?? image;
  } catch (error) {
    if (isFailure(error)) throw new Failure(`failed to fetch repo image ${error.message}`, { cause: error });
    throw error;
  }
}

function verboseText(ctx: Context, container: Container): string {
  const { metadata, image, labels, annotations } = container;
  let text = `ID: ${container.id}\nPodID: ${container.podSandboxId}\nNamespace: ${podNamespaceOf(container)}\n`;
  if (metadata !== undefined) {
    if (metadata.name !== '') text += `Name: ${metadata.name}\n`;
    text += `Attempt: ${metadata.attempt}\n`;
  }
  text += `State: ${containerStateText(container.state)}\n`;
  if (image !== undefined) text += `Image: ${image.image}\n`;
  text += `Created: ${ago(ctx, container.createdAt)}\n`;
  return `${text}${mapLines('Labels', labels)}${mapLines('Annotations', annotations)}\n`;
}
