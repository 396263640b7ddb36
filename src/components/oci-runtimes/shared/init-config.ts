/**
 * What the process that becomes the container is told: process of config.json, and the configuration made of the rest.
 * @models runc libcontainer/init_linux.go initConfig @fidelity full
 */
import type { Capabilities, State } from '../../../protocols/oci-runtime/types.ts';
import type { Config } from './config.ts';

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
