/** An overlay held against a plain file system under random operations: they must never be told apart. */
import fc from 'fast-check';
import { isErrno } from '../linux/errno.ts';
import { Rope } from '../linux/rope.ts';
import type { Inode } from '../linux/vfs/inode.ts';
import { MemoryFileSystem } from '../linux/vfs/memory-fs.ts';
import { OverlayFileSystem } from '../linux/vfs/overlay.ts';

const NAMES = ['a', 'b', 'c'];
const LAYERS = 3;

type Operation =
  | { op: 'write' | 'mkdir' | 'unlink' | 'rmdir' | 'symlink' | 'chmod' | 'append'; path: string[] }
  | { op: 'rename' | 'link'; path: string[]; to: string[] };

const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    op: fc.constantFrom<('write' | 'mkdir' | 'unlink' | 'rmdir' | 'symlink' | 'chmod' | 'append')[]>(
      'write',
      'mkdir',
      'unlink',
      'rmdir',
      'symlink',
      'chmod',
      'append',
    ),
    path,
  }),
  fc.record({ op: fc.constantFrom<('rename' | 'link')[]>('rename', 'link'), path, to: path }),
);

/** What the layers hold before, lowest last, and what happens then. */
const history = fc.record({
  layers: fc.array(fc.array(operation, { maxLength: 8 }), { minLength: LAYERS, maxLength: LAYERS }),
  operations: fc.array(operation, { maxLength: 25 }),
});

let clock = 0n;

function newTree(): MemoryFileSystem {
  return new MemoryFileSystem('tmpfs', [0, 50], 0n);
}

function parentOf(root: Inode, where: readonly string[]): Inode | null {
  let at: Inode | null = root;
  for (const name of where.slice(0, -1)) {
    if (at === null || at.type !== 'directory') return null;
    at = at.lookup(name, null);
  }
  return at !== null && at.type === 'directory' ? at : null;
}

/** The checks that the system calls make before they ask a file system; the errno, or null if it was done. */
function apply(root: Inode, operation: Operation, text: string): string | null {
  const parent = parentOf(root, operation.path);
  const name = operation.path.at(-1) as string;
  if (parent === null) return 'ENOENT';
  const here = parent.lookup(name, null);
  const fresh = { mode: 0o644, uid: 0, gid: 0, time: ++clock };
  try {
    switch (operation.op) {
      case 'mkdir':
        if (here !== null) return 'EEXIST';
        parent.create(name, { ...fresh, type: 'directory', mode: 0o755 });
        return null;
      case 'symlink':
        if (here !== null) return 'EEXIST';
        parent.create(name, { ...fresh, type: 'symlink', target: text });
        return null;
      case 'write':
      case 'append': {
        if (here !== null && here.type !== 'file') return 'EISDIR';
        const file = here ?? parent.create(name, { ...fresh, type: 'file' });
        if (operation.op === 'write') file.truncate(0);
        file.writeData(file.size, Rope.text(text));
        return null;
      }
      case 'chmod':
        if (here === null) return 'ENOENT';
        here.mode = 0o700;
        here.attributesChanged();
        return null;
      case 'unlink':
        parent.unlink(name);
        return null;
      case 'rmdir':
        parent.rmdir(name);
        return null;
      default: {
        const to = parentOf(root, operation.to);
        const toName = operation.to.at(-1) as string;
        if (here === null || to === null) return 'ENOENT';
        if (operation.op === 'link') {
          if (here.type === 'directory') return 'EPERM';
          if (to.lookup(toName, null) !== null) return 'EEXIST';
          to.link(toName, here);
          return null;
        }
        const inside = operation.to.slice(0, operation.path.length).join('/') === operation.path.join('/');
        if (inside && operation.to.length > operation.path.length) return 'EINVAL';
        parent.rename(name, to, toName);
        return null;
      }
    }
  } catch (error) {
    if (isErrno(error)) return error.code;
    throw error;
  }
}

function dump(inode: Inode, indent = ''): string {
  const rows = inode
    .entries(null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, child]) => {
      const mode = child.mode.toString(8);
      const content =
        child.type === 'file'
          ? child.readData(0, child.size).toString()
          : child.type === 'symlink'
            ? child.readlink(null)
            : '';
      const links = child.type === 'file' ? ` x${child.nlink}` : '';
      const below = child.type === 'directory' ? `\n${dump(child, `${indent}  `)}` : '';
      return `${indent}${name} ${child.type} ${mode}${links} ${content}${below}`;
    });
  return rows.join('\n');
}

/** The merged view, copied into a plain tree: files that the lower layers link are files of their own above. */
function flatten(from: Inode, to: Inode): void {
  for (const [name, child] of from.entries(null)) {
    const made = to.create(name, {
      type: child.type,
      mode: child.mode,
      uid: 0,
      gid: 0,
      time: 0n,
      ...(child.type === 'symlink' ? { target: child.readlink(null) } : {}),
    });
    if (child.type === 'file') made.writeData(0, child.readData(0, child.size));
    else if (child.type === 'directory') flatten(child, made);
  }
}

/** Link counts of files that only a lower layer links differ by design (index=off): they are not compared there. */
const withoutLinks = (text: string): string => text.replace(/ x\d+/g, '');

export function checkOverlay(runs: number, seed: number): void {
  fc.assert(
    fc.property(history, ({ layers, operations }) => {
      const trees = layers.map(newTree);
      layers.forEach((list, i) => {
        list.forEach((one, k) => void apply((trees[i] as MemoryFileSystem).root, one, `${i}:${k} `));
      });
      const upper = newTree();
      const lowers = trees.map((tree) => tree.root);
      const names = { lower: ['l'], upper: 'u', work: 'w' };
      const mountAgain = (): Inode => new OverlayFileSystem([0, 60], lowers, upper.root, names, () => ++clock).root;
      let overlay = mountAgain();
      const reference = newTree();
      flatten(overlay, reference.root);
      operations.forEach((one, k) => {
        const got = apply(overlay, one, `${k} `);
        // A directory that exists below cannot be moved, a known departure: mv copies it instead.
        if (got === 'EXDEV') return;
        const expected = apply(reference.root, one, `${k} `);
        if (got !== expected) throw new Error(`${JSON.stringify(one)}: ${got} instead of ${expected}`);
        const [a, b] = [withoutLinks(dump(overlay)), withoutLinks(dump(reference.root))];
        if (a !== b) throw new Error(`after ${JSON.stringify(one)}:\n${a}\ninstead of\n${b}`);
        if (k % 7 === 6) overlay = mountAgain();
      });
      const [a, b] = [withoutLinks(dump(mountAgain())), withoutLinks(dump(reference.root))];
      if (a !== b) throw new Error(`mounted again:\n${a}\ninstead of\n${b}`);
    }),
    { numRuns: runs, seed },
  );
}
