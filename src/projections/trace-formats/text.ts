/** The tree for people: indented, with the duration and the layer of each line. */
import type { CausalNode, CausalTree } from '../causal-tree.ts';

const NAME_WIDTH_MAX = 160;
const LAYER_WIDTH = 13;
const DURATION_WIDTH = 11;

export function textTrace(trees: CausalTree[]): string {
  let out = '';
  const print = (node: CausalNode, prefix: string, branch: string): void => {
    const layer = (node.layer ?? '').padEnd(LAYER_WIDTH);
    out += `${duration(node).padStart(DURATION_WIDTH)}  ${layer} ${prefix}${branch}${label(node)}\n`;
    const below = prefix + (branch === '' ? '' : branch === '├─ ' ? '│  ' : '   ');
    node.children.forEach((child, i) => print(child, below, i + 1 < node.children.length ? '├─ ' : '└─ '));
  };
  for (const { root, exitCode } of trees) {
    print(root, '', '');
    if (exitCode !== null && exitCode !== 0)
      out += `${' '.repeat(DURATION_WIDTH + LAYER_WIDTH + 3)}exit code ${exitCode}\n`;
  }
  return out;
}

function label(node: CausalNode): string {
  const oneLine = node.name.replaceAll('\n', '⏎');
  const name = oneLine.length > NAME_WIDTH_MAX ? `${oneLine.slice(0, NAME_WIDTH_MAX - 1)}…` : oneLine;
  const protocol = node.kind === 'call' ? `${node.attributes['protocol']} ` : '';
  const pid = node.kind === 'process' ? ` [${node.pid}]` : '';
  const address = node.kind === 'call' ? ` → ${node.attributes['address']}` : '';
  return `${protocol}${name}${pid}${address}${node.error === null ? '' : ` ✗ ${node.error.replaceAll('\n', '⏎')}`}`;
}

function duration(node: CausalNode): string {
  if (node.kind === 'event') return '';
  if (node.endNs === null) return '…';
  const ns = node.endNs - node.startNs;
  if (ns >= 1e9) return `${(ns / 1e9).toFixed(3)} s`;
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(2)} ms`;
  return `${(ns / 1e3).toFixed(1)} µs`;
}
