import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testKernel } from '../../testing/kernel.ts';
import { isErrno } from '../errno.ts';
import { mkdirAll, writeFile } from '../io.ts';
import { type Location, walk } from './mounts.ts';

const DIRECTORY = fc.constantFrom('/a', '/b', '/a/b', '/b/a', '/a/b/c', '/b/a/c', '/a/a', '/b/b');
const PLACE = fc.oneof(DIRECTORY, fc.constantFrom('/l', '/a/l', '/l/b', '/a/b/c/f'));
const STEP = fc.oneof(
  fc.record({ op: fc.constantFrom('mkdir', 'mkdir', 'mkdir', 'rmdir', 'unlink', 'file'), path: PLACE }),
  fc.record({ op: fc.constantFrom('tmpfs', 'umount', 'pivot'), path: DIRECTORY }),
  fc.record({ op: fc.constantFrom('rename', 'bind', 'move', 'symlink'), path: PLACE, to: PLACE }),
);
const PATHS = ['/a/b', '/a/b/c', '/a/b/c/f', '/b/a/c', '/a/a/x', '/b/b/f', '/l/b', '/a/l/c'];

test('a path leads where it would if nobody remembered the way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 60 }), async (steps) => {
      await testKernel().act(async (ctx) => {
        const { process, sys } = ctx;
        const led = (path: string, root: Location): unknown[] => {
          try {
            const { location, parent, name } = walk(path, {
              followLast: true,
              caller: process,
              root,
              cwd: process.cwd,
            });
            return [location?.inode, location?.mount, parent.inode, parent.mount, name];
          } catch (error) {
            return [isErrno(error) ? error.code : error];
          }
        };
        const perform = ({ op, path, to = '' }: { op: string; path: string; to?: string }): Promise<unknown> => {
          if (op === 'mkdir') return sys.mkdir(ctx, path);
          if (op === 'rmdir') return sys.rmdir(ctx, path);
          if (op === 'unlink') return sys.unlink(ctx, path);
          if (op === 'file') return writeFile(ctx, path, '');
          if (op === 'rename') return sys.rename(ctx, path, to);
          if (op === 'symlink') return sys.symlink(ctx, path, to);
          if (op === 'tmpfs') return sys.mount(ctx, 'tmpfs', path, 'tmpfs', {});
          if (op === 'bind' || op === 'move') return sys.mount(ctx, path, to, '', { [op]: true });
          if (op === 'umount') return sys.umount(ctx, path, { detach: true });
          return sys.pivotRoot(ctx, path, path);
        };
        for (const path of ['/a/b/c', '/b/a/c', '/a/a', '/b/b']) await mkdirAll(ctx, path);
        for (const step of steps) {
          await perform(step).catch((error: unknown) => {
            if (!isErrno(error)) throw error;
          });
          // Nothing is remembered of a root that is another object.
          for (const path of PATHS) {
            const found = led(path, process.root);
            const there = led(path, { ...process.root });
            expect(found.length === there.length && found.every((part, i) => part === there[i]), path).toBe(true);
          }
        }
      });
    }),
  );
});
