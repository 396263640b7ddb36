/** runc's words for the steps of making a root filesystem. @models runc libcontainer/rootfs_linux.go @fidelity full */
import { newError } from '../../../../go/errors.ts';
import { quote } from '../../../../go/quote.ts';
import { isGoError, messageOf, pathError, wrapped } from '../../shared/fault.ts';
import type { StepWords } from '../../shared/words.ts';

export const runcWords: StepWords = {
  preparing: (error) => wrapped('error preparing rootfs', error),
  mounting: (mount, error) =>
    isGoError(error) && error.code === 'mount request'
      ? error
      : newError(`error mounting ${quote(mount.source)} to rootfs at ${quote(mount.destination)}: ${messageOf(error)}`),
  mountCall: ({ source, target, remount }, error) =>
    newError(
      `mount ${source === '' ? '' : `src=${source}, `}dst=${target}${remount ? ', flags=MS_REMOUNT' : ''}: ${messageOf(error)}`,
    ),
  missingSource: (mount, error) =>
    newError(`failed to fulfil mount request: ${messageOf(pathError('open', mount.source, error))}`, {
      code: 'mount request',
    }),
  notDirectory: (type) => newError(`filesystem ${quote(type)} must be mounted on ordinary directory`),
  device: (path, error) => newError(`error creating device nodes: ${messageOf(pathError('mknod', path, error))}`),
  link: (target, path, error) => pathError('symlink', `${target} ${path}`, error),
  enterRootfs: (rootfs, error) => pathError('chdir', rootfs, error),
  pivot: (error) => newError(`pivot_root .: ${messageOf(error)}`),
  makeCwd: (cwd, error) => pathError('mkdir', cwd, error),
  readOnly: (path, step, error) =>
    step === 'bind'
      ? newError(`can't make ${path} read-only: ${messageOf(error)}`)
      : pathError('readonly path', path, error),
  mask: (path, error) => newError(`can't mask path ${path}: ${messageOf(error)}`),
};
