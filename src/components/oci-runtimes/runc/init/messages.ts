/**
 * What passes between runc and its `runc init`.
 * @models runc libcontainer/{init_linux,sync,message_linux}.go @fidelity partial: no mount sources or seccomp descriptors on request
 */
import type { Capabilities, State } from '../../../../protocols/oci-runtime/types.ts';
import type { Config, NamespaceName } from '../config.ts';

/** Descriptors and settings that init finds in its environment. */
export const INIT_PIPE = '_LIBCONTAINER_INITPIPE';
export const SYNC_PIPE = '_LIBCONTAINER_SYNCPIPE';
export const LOG_PIPE = '_LIBCONTAINER_LOGPIPE';
export const FIFO_FD = '_LIBCONTAINER_FIFOFD';
export const CONSOLE_FD = '_LIBCONTAINER_CONSOLE';
export const INIT_TYPE = '_LIBCONTAINER_INITTYPE';

export type InitType = 'standard' | 'setns';

/** For the stages before the container's namespaces are entered. */
export type Bootstrap = {
  /** Namespaces to create. */
  unshare: NamespaceName[];
  /** Namespaces to join, by path. */
  join: { type: NamespaceName; path: string }[];
  oomScoreAdj: number | null;
};

export type StagePids = { stage1_pid: number; stage2_pid: number };

export type InitConfig = {
  args: string[];
  env: string[];
  cwd: string;
  capabilities: Capabilities | null;
  uid: number;
  gid: number;
  additional_groups: number[];
  no_new_privileges: boolean;
  rlimits: { type: string; hard: number; soft: number }[];
  create_console: boolean;
  console_width: number;
  console_height: number;
  /** Descriptors from 3 on that the program keeps. */
  passed_files_count: number;
  containerid: string;
  config: Config;
  spec_state: State;
};

export type SyncMessage =
  | { type: 'procError'; arg: { message: string } }
  | { type: 'procHooks' }
  | { type: 'procHooksDone' }
  | { type: 'procReady' }
  | { type: 'procRun' };
