/**
 * Progress displays: bars, byte counts, and a block of lines that is drawn over itself on a terminal.
 * @models containerd 2.1 pkg/progress, cmd/ctr/commands/images/pull.go (ProgressHandler)
 * @fidelity full
 */
import { progressBytes, progressBytesPerSecond } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import type { Progress } from '../../../protocols/containerd/types/transfer/generated.ts';

const GREEN = '\u001b[32m';
const RESET = '\u001b[0m';

/** `share` from 0 to 1. */
export function bar(share: number, width = 40): string {
  const inner = width - 2;
  const full = Math.trunc(inner * Math.min(1, Math.max(0, share)));
  return `|${GREEN}${'+'.repeat(full)}${RESET}${'-'.repeat(inner - full)}|`;
}

/** `elapsed: 0.1 s	total:  405.0 	(4.6 KiB/s)	` */
export function totals(total: number, elapsedNs: number): string {
  const seconds = (Math.round(elapsedNs / 1e8) / 10).toFixed(1);
  const bytes = progressBytes(total).slice(0, 6).padStart(7);
  return `elapsed: ${seconds.padEnd(4)}s\ttotal: ${bytes}\t(${progressBytesPerSecond(total, elapsedNs)})\t\n`;
}

/** progress.Writer: a new block replaces the one before. */
export class BlockWriter {
  private readonly fd: number;
  private lines = 0;

  constructor(fd = 1) {
    this.fd = fd;
  }

  async write(ctx: Context, text: string): Promise<void> {
    if (text === '') return;
    const clear = '\u001b[1A\u001b[2K\r'.repeat(this.lines);
    this.lines = await countLines(ctx, text);
    await ctx.sys.write(ctx, this.fd, clear + text);
  }
}

/** How many rows of the terminal the text takes; none when there is no terminal. */
async function countLines(ctx: Context, text: string): Promise<number> {
  let columns = 0;
  try {
    if (await ctx.sys.isTty(ctx, 0)) columns = (await ctx.sys.getWindowSize(ctx, 0)).columns;
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  if (columns <= 0) return 0;
  const plain = text.replace(/\u001b\[[0-9]+m/g, '');
  return plain.split('\n').reduce((sum, line) => sum + Math.trunc((line.length - 1) / columns) + 1, -1);
}

type Node = { progress: Progress; children: Node[]; isRoot: boolean };

/** The tree of what a transfer moves. */
export class TransferDisplay {
  private readonly writer: BlockWriter;
  private readonly nodes = new Map<string, Node>();
  private readonly roots: Node[] = [];
  private readonly startNs: number;
  private status = '';

  constructor(ctx: Context, fd = 1) {
    this.writer = new BlockWriter(fd);
    this.startNs = ctx.now;
  }

  async update(ctx: Context, progress: Progress): Promise<void> {
    if (progress.name === '') {
      this.status = progress.event;
      return;
    }
    const known = this.nodes.get(progress.name);
    if (known === undefined) this.add(progress);
    else known.progress = progress;
    await this.writer.write(ctx, this.text(ctx));
  }

  private add(progress: Progress): void {
    const parents = progress.parents.flatMap((name) => this.nodes.get(name) ?? []);
    const node: Node = { progress, children: [], isRoot: parents.length === 0 };
    for (const parent of parents) parent.children.push(node);
    if (node.isRoot) this.roots.push(node);
    this.nodes.set(progress.name, node);
  }

  private text(ctx: Context): string {
    const lines: string[] = [];
    const total = nodeLines(lines, '', this.roots);
    for (const root of this.roots) {
      const desc = descriptorOf(root);
      if (desc !== undefined) lines.push(`${desc.mediaType} ${desc.digest}\n`);
    }
    lines.push(`${this.status}\t${totals(total, ctx.now - this.startNs)}`);
    return lines.join('');
  }
}

function descriptorOf(node: Node): Progress['desc'] {
  if (node.progress.desc !== undefined) return node.progress.desc;
  return node.children.map(descriptorOf).find((desc) => desc !== undefined);
}

/** Returns the bytes of all of them together. */
function nodeLines(lines: string[], prefix: string, nodes: readonly Node[]): number {
  let sum = 0;
  for (const [i, node] of nodes.entries()) {
    const { event, name, progress, total } = node.progress;
    sum += Number(progress);
    const isLast = i === nodes.length - 1;
    const [own, below] = node.isRoot ? ['', ''] : isLast ? ['└──', '   '] : ['├──', '│  '];
    const label = [...`${prefix}${own}${displayName(name)}`].slice(0, 40).join('').padEnd(40);
    const [share, isMoving] = shareOf(event, Number(progress), Number(total));
    if (share === null) lines.push(`${label}\t${event}\t\n`);
    else {
      const counts = `${progressBytes(Number(progress)).slice(0, 8).padStart(8)}/${progressBytes(Number(total))}`;
      lines.push(`${label}\t${event.padEnd(11)}\t${bar(share)}\t${isMoving ? `${counts}\t` : ''}\n`);
    }
    sum += nodeLines(lines, prefix + below, node.children);
  }
  return sum;
}

/** How full the bar is; null for what has no bar. */
function shareOf(event: string, progress: number, total: number): readonly [share: number | null, isMoving: boolean] {
  switch (event) {
    case 'downloading':
    case 'uploading':
    case 'extracting':
      return [total > 0 ? progress / total : 0, true];
    case 'resolving':
    case 'waiting':
      return [0, false];
    case 'complete':
    case 'extracted':
      return [1, false];
    default:
      return [null, false];
  }
}

/** `layer-sha256:…` as `layer (e29965a43b43)`. */
function displayName(name: string): string {
  return name
    .split('-')
    .map((part) => (part.startsWith('sha256:') && part.length === 71 ? `(${part.slice(7, 19)})` : part))
    .join(' ');
}
