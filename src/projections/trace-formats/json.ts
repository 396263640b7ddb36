/** The tree for programs: nested nodes, times in virtual milliseconds since the command began. */
import type { CausalNode, CausalTree } from '../causal-tree.ts';

export function jsonTrace(trees: CausalTree[]): string {
  const commands = trees.map(({ root, exitCode }) => {
    const since = (ns: number): number => (ns - root.startNs) / 1e6;
    const plain = (node: CausalNode): Record<string, unknown> => ({
      kind: node.kind,
      name: node.name,
      layer: node.layer,
      pid: node.pid,
      startMs: since(node.startNs),
      endMs: node.endNs === null ? null : since(node.endNs),
      error: node.error,
      attributes: node.attributes,
      children: node.children.map(plain),
    });
    return { command: root.name, exitCode, tree: plain(root) };
  });
  return `${JSON.stringify(commands, null, 2)}\n`;
}
