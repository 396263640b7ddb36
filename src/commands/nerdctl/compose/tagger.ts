/**
 * `web-1 |line`: each line of a log under the name of its container, in a colour of that name's own.
 * @models nerdctl v2.3.5 pkg/composer/pipetagger/pipetagger.go; fatih/color v1.19.0 color.go
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { getenv, LineReader, print, printError } from '../../../linux/io.ts';

const FOREGROUND = [30, 31, 32, 33, 34, 35, 36, 37, 90, 91, 92, 93, 94, 95, 96, 97];
/** Black and white stand on their contrary. */
const BACKGROUND: Readonly<Record<number, number>> = { 30: 47, 37: 40, 90: 107, 97: 100 };

/** FNV-1 of 32 bits. */
function hashOf(tag: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(tag)) hash = (Math.imul(hash, 0x01000193) ^ byte) >>> 0;
  return hash;
}

export function colorsOf(tag: string): number[] {
  const color = FOREGROUND[hashOf(tag) % FOREGROUND.length] ?? 30;
  const background = BACKGROUND[color];
  return background === undefined ? [color] : [color, background];
}

/** None where output is no terminal or wants none. */
export async function isColored(ctx: Context): Promise<boolean> {
  if (getenv(ctx, 'NO_COLOR') || getenv(ctx, 'TERM') === 'dumb') return false;
  return ctx.sys.isTty(ctx, 1);
}

function painted(tag: string, colors: readonly number[]): string {
  return `\u001b[${colors.join(';')}m${tag}\u001b[${colors.map(() => '0').join(';')}m`;
}

export type Tag = {
  readonly text: string;
  /** Below 0: no tag at all. */
  readonly width: number;
  readonly isColored: boolean;
  readonly noColor: boolean;
};

/** Passes on until the descriptor ends. */
export async function tagLines(ctx: Context, from: number, to: 1 | 2, tag: Tag): Promise<void> {
  const shown = tag.isColored ? painted(tag.text, tag.noColor ? [] : colorsOf(tag.text)) : tag.text;
  const lead = tag.width < 0 ? '' : `${shown}${' '.repeat(Math.max(0, tag.width - tag.text.length))}|`;
  const reader = new LineReader(from);
  for (;;) {
    const line = await reader.next(ctx);
    if (line === null) return;
    const text = `${lead}${line}\n`;
    if (to === 2) await printError(ctx, text);
    else await print(ctx, text);
  }
}
