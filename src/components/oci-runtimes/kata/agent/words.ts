/** The agent's words for the steps of making a root filesystem. @models kata-containers 4.1.0 src/agent/rustjail/src/mount.rs @fidelity partial: one line where anyhow prints a chain */
import { newError } from '../../../../go/errors.ts';
import { messageOf } from '../../shared/fault.ts';
import type { StepWords } from '../../shared/words.ts';

export const agentWords: StepWords = {
  preparing: (error) => newError(`failed to prepare the rootfs: ${messageOf(error)}`),
  mounting: (mount, error) =>
    newError(`mount from ${mount.source} to ${mount.destination} failed: ${messageOf(error)}`),
  mountCall: ({ source, target }, error) => newError(`mount ${source} to ${target} failed: ${messageOf(error)}`),
  missingSource: (mount, error) => newError(`failed to access mount source ${mount.source}: ${messageOf(error)}`),
  notDirectory: (type, destination) => newError(`cannot mount ${type} on ${destination}: not a directory`),
  device: (path, error) => newError(`failed to create device ${path}: ${messageOf(error)}`),
  link: (target, path, error) => newError(`failed to link ${path} to ${target}: ${messageOf(error)}`),
  enterRootfs: (rootfs, error) => newError(`chdir ${rootfs}: ${messageOf(error)}`),
  pivot: (error) => newError(`pivot_root failed: ${messageOf(error)}`),
  makeCwd: (cwd, error) => newError(`failed to create cwd ${cwd}: ${messageOf(error)}`),
  readOnly: (path, _step, error) => newError(`failed to make ${path} read-only: ${messageOf(error)}`),
  mask: (path, error) => newError(`failed to mask ${path}: ${messageOf(error)}`),
};
