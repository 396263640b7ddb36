/** A file of the node, written to the host: an exported image may be long, so it goes out in parts. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { contentAt } from '../lesson-engine/node-files.ts';
import type { Machine } from '../machine/machine.ts';
import type { OutFile } from './arguments.ts';

const PART_BYTES = 1 << 22;

/** Returns what went wrong, or null. */
export function copyOut({ kernel }: Machine, { nodePath, hostPath }: OutFile): string | null {
  const content = contentAt(kernel, nodePath);
  if (content === null) return `--out: there is no file ${nodePath} on the node`;
  try {
    const fd = openSync(hostPath, 'w');
    try {
      for (let at = 0; at < content.length; at += PART_BYTES) {
        const part = content.slice(at, at + PART_BYTES).bytes();
        for (let written = 0; written < part.length; ) written += writeSync(fd, part, written);
      }
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return `--out: cannot write ${hostPath}: ${error instanceof Error ? error.message : error}`;
  }
  return null;
}
