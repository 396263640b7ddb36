/** What every command of podman works with. */
import type { CobraCommand } from '../../go/cobra-types.ts';
import { tabwrite } from '../../go/tabwriter.ts';
import { executeTemplate } from '../../go/template.ts';
import { JSON_FUNCTION, type TemplateFunction } from '../../go/template-funcs.ts';
import { parseRfc3339 } from '../../go/time.ts';
import { humanDuration } from '../../go/units.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import { candidates, fullName, looksLikeId } from '../cri-runtimes/shared/containers-image/names.ts';
import type { ImageRecord } from '../cri-runtimes/shared/containers-storage/records.ts';
import { Store } from '../cri-runtimes/shared/containers-storage/store.ts';
import type { ToolAction } from '../cri-runtimes/shared/containers-tool.ts';
import { failure } from '../cri-runtimes/shared/errors.ts';
import { Logger } from '../cri-runtimes/shared/log.ts';

export const VERSION = '5.4.2';
export const USER_AGENT = `libpod/${VERSION}`;
export const GRAPH_ROOT = '/var/lib/containers/storage';
export const RUN_ROOT = '/run/containers/storage';

export type Command = CobraCommand<ToolAction>;

export const quiet = new Logger('warning');

export function openStore(ctx: Context): Promise<Store> {
  return Store.open(ctx, GRAPH_ROOT, RUN_ROOT);
}

/** By id, by name, or by the name that a short one stands for. */
export async function findImage(ctx: Context, store: Store, text: string): Promise<ImageRecord | undefined> {
  if (looksLikeId(text)) {
    const hex = text.replace(/^sha256:/, '');
    const found = store.images.filter(({ id }) => id.startsWith(hex));
    if (found.length === 1) return found[0];
  }
  for (const reference of await candidates(ctx, quiet, text, 'permissive')) {
    const found =
      reference.digest === null
        ? store.imageByName(fullName(reference))
        : store.images.find(({ digest }) => digest === reference.digest);
    if (found !== undefined) return found;
  }
  return undefined;
}

export async function needImage(ctx: Context, store: Store, text: string): Promise<ImageRecord> {
  const image = await findImage(ctx, store, text);
  if (image === undefined) throw failure(`${text}: image not known`);
  return image;
}

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  JSON_FUNCTION,
  ['lower', (text) => String(text).toLowerCase()],
  ['upper', (text) => String(text).toUpperCase()],
]);

const COLUMNS = { minWidth: 12, tabWidth: 2, padding: 2, padChar: ' ' };

/** A table, rows by a template, or `json`. */
export async function show(
  ctx: Context,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { noHeading }: { noHeading: boolean },
): Promise<void> {
  const lines = [...(noHeading ? [] : [titles]), ...rows];
  await print(ctx, tabwrite(lines.map((row) => `${row.join('\t')}\n`).join(''), COLUMNS).replace(/ +\n/g, '\n'));
}

export async function showTemplate(ctx: Context, format: string, rows: readonly unknown[]): Promise<void> {
  const template = format
    .replace(/^table /, '')
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n');
  for (const row of rows) {
    const result = executeTemplate('', template, row, FUNCTIONS);
    if (!result.ok) throw failure(result.error);
    await print(ctx, `${result.text}\n`);
  }
}

export function secondsOf(text: string | undefined): number {
  const parsed = parseRfc3339(text ?? '');
  return parsed.ok ? Number(parsed.ns / 1_000_000_000n) : 0;
}

export function agoText(ctx: Context, seconds: number): string {
  return `${humanDuration(Number(ctx.wallTime - BigInt(seconds) * 1_000_000_000n))} ago`;
}
