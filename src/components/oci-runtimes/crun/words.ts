/** crun's words for the steps of making a root filesystem. @models crun src/libcrun/linux.c @fidelity full */
import { Errno } from '../../../linux/errno.ts';
import { isGoError } from '../shared/fault.ts';
import type { StepWords } from '../shared/words.ts';
import { failure } from './failure.ts';

const relative = (path: string): string => path.replace(/^\/+/, '');

export const crunWords: StepWords = {
  preparing: (error) => failure('remount `/`', error),
  mounting: (mount, error) => (error instanceof Errno ? failure(`mount \`${mount.source}\``, error) : error),
  mountCall: ({ source, target, destination, remount }, error) =>
    failure(
      remount || source === '' ? `remount \`${target}\`` : `mount \`${source}\` to \`${relative(destination)}\``,
      error,
    ),
  missingSource: (mount, error) => failure(`cannot stat \`${mount.source}\``, error),
  notDirectory: (_type, destination) => failure(`the target \`${destination}\` is invalid`, new Errno('ENOTDIR')),
  device: (path, error) => failure(`mknod \`${path}\``, error),
  link: (_target, path, error) => failure(`symlinkat \`${path}\``, error),
  enterRootfs: (rootfs, error) => failure(`fchdir \`${rootfs}\``, error),
  pivot: (error) => failure('pivot_root', error),
  makeCwd: (cwd, error) => (isGoError(error) ? error : failure(`mkdir \`${cwd}\``, error)),
  readOnly: (path, _step, error) => failure(`move mount for readonly path \`${relative(path)}\``, error),
  mask: (path, error) => failure(`move mount masked dir \`${relative(path)}\``, error),
};
