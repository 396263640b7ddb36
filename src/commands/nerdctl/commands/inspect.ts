/** nerdctl inspect, container inspect, image inspect. @models nerdctl v2.3.5 cmd/nerdctl/inspect, pkg/cmd/container/inspect.go, pkg/cmd/image/inspect.go @fidelity full */
import type { CobraContext, Pflag } from '../../../go/cobra-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { printError } from '../../../linux/io.ts';
import type { Client } from '../../common/containerd/client.ts';
import { nativeError } from '../../common/containerd/errors.ts';
import { dataStore, getVolume } from '../data-store.ts';
import { printInspected } from '../format.ts';
import { dockerContainer, nativeContainer, nativeJson } from '../inspect-container.ts';
import { inspectedImage } from '../inspect-image.ts';
import { command, FORMAT, fail, newClient } from '../run.ts';
import { matchContainers, matchImages, walkContainers } from '../walker.ts';
import { inspectNetworks } from './network.ts';

export const MODE: Pflag = {
  name: 'mode',
  kind: 'string',
  value: 'dockercompat',
  usage: '"dockercompat" as docker does, "native" as containerd does',
};
const SIZE: Pflag = { name: 'size', short: 's', kind: 'bool', usage: 'With the size of the files' };
const TYPES = ['container', 'image', 'network', 'volume'];

function requireMode(cli: CobraContext): string {
  const mode = cli.string('mode');
  if (mode !== 'native' && mode !== 'dockercompat') fail(`unknown mode ${quote(mode)}`);
  return mode;
}

async function containers(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  requests: readonly string[],
): Promise<object[]> {
  const mode = requireMode(cli);
  const entries: object[] = [];
  await walkContainers(ctx, client, requests, async (container) => {
    const native = await nativeContainer(ctx, cli, client, container);
    entries.push(mode === 'native' ? nativeJson(native) : await dockerContainer(ctx, client, native, cli.bool('size')));
  });
  return entries;
}

/** One entry for each image that the request means; those of one digest are one. */
async function images(ctx: Context, cli: CobraContext, client: Client, request: string): Promise<object[]> {
  const mode = requireMode(cli);
  const { images: found, byName } = await matchImages(ctx, client, request);
  const chosen = found[byName] ?? found[0];
  return chosen === undefined ? [] : [await inspectedImage(ctx, client, chosen, mode)];
}

export const inspectCommand = command({
  name: 'inspect',
  use: '[flags] NAME|ID [NAME|ID...]',
  short: 'Tell all about objects',
  flags: [SIZE, FORMAT, { name: 'type', kind: 'string', usage: 'Only objects of this type' }, MODE],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const type = cli.string('type');
    if (type !== '' && !TYPES.includes(type)) fail(`${quote(type)} is not a valid value for --type`);
    const client = await newClient(ctx, cli);
    if (type === 'network') return inspectNetworks(ctx, cli, client);
    const errors: string[] = [];
    const entries: object[] = [];
    for (const request of cli.args) {
      if (type === 'volume') {
        const volume = await getVolume(ctx, await dataStore(ctx, cli), client.namespace, request);
        if (volume === null) errors.push(`no such object ${request}`);
        else entries.push(volume);
        continue;
      }
      try {
        const asImage = type === 'container' ? [] : await images(ctx, cli, client, request);
        if (asImage.length > 0) entries.push(...asImage);
        else if (type !== 'image' && (await matchContainers(ctx, client, request)).length > 0)
          entries.push(...(await containers(ctx, cli, client, [request])));
        else errors.push(`no such object ${request}`);
      } catch (error) {
        errors.push(nativeError(error).message);
      }
    }
    if (errors.length > 0) fail(`${errors.length} errors: [${errors.join(' ')}]`);
    await printInspected(ctx, cli.string('format'), entries, '*dockercompat.Container');
  },
});

export const containerInspectCommand = command({
  name: 'inspect',
  use: '[flags] CONTAINER [CONTAINER, ...]',
  short: 'Tell all about containers',
  flags: [SIZE, FORMAT, MODE],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const entries = await containers(ctx, cli, client, cli.args);
    await printInspected(ctx, cli.string('format'), entries, '*dockercompat.Container');
  },
});

export const imageInspectCommand = command({
  name: 'inspect',
  use: '[flags] IMAGE [IMAGE...]',
  short: 'Tell all about images',
  flags: [FORMAT, MODE, { name: 'platform', kind: 'string', usage: 'Of this platform' }],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const entries: object[] = [];
    const errors: string[] = [];
    for (const request of cli.args) {
      const found = await images(ctx, cli, client, request);
      if (found.length === 0) errors.push(`no such image: ${request}`);
      entries.push(...found);
    }
    if (entries.length > 0) await printInspected(ctx, cli.string('format'), entries, '*dockercompat.Image');
    if (errors.length > 0) fail(`${errors.length} errors:\n${errors.join('\n')}`);
    await printError(ctx, '');
  },
});
