/**
 * What passes between runc and its `runc init`.
 * @models runc libcontainer/{init_linux,sync,message_linux}.go @fidelity partial: no mount sources or seccomp descriptors on request
 */
import type { MappingConfig, NamespaceName } from '../../shared/config.ts';

/** Descriptors and settings that init finds in its environment. */
export const INIT_PIPE = '_LIBCONTAINER_INITPIPE';
export const SYNC_PIPE = '_LIBCONTAINER_SYNCPIPE';
export const LOG_PIPE = '_LIBCONTAINER_LOGPIPE';
export const FIFO_FD = '_LIBCONTAINER_FIFOFD';
export const CONSOLE_FD = '_LIBCONTAINER_CONSOLE';
/** Mounts that the parent has made, by their place in config.json. */
export const MOUNT_FDS = '_LIBCONTAINER_MOUNT_FDS';
export const INIT_TYPE = '_LIBCONTAINER_INITTYPE';

export type InitType = 'standard' | 'setns';

/** For the stages before the container's namespaces are entered. */
export type Bootstrap = {
  /** Namespaces to create. */
  unshare: NamespaceName[];
  /** Namespaces to join, by path. */
  join: { type: NamespaceName; path: string }[];
  oomScoreAdj: number | null;
  /** Of the user namespace that is created. */
  uidMap: MappingConfig[];
  gidMap: MappingConfig[];
};

export type StagePids = { stage1_pid: number; stage2_pid: number };

export type SyncMessage =
  | { type: 'procError'; arg: { message: string } }
  | { type: 'procHooks' }
  | { type: 'procHooksDone' }
  | { type: 'procReady' }
  | { type: 'procRun' };
