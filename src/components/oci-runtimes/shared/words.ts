/**
 * What a failing step is called. Every runtime takes the same steps towards a container; each names a failure in its own way.
 */
import type { MountConfig } from './config.ts';

export type StepWords = {
  /** The root mount could not be prepared. */
  preparing(error: unknown): unknown;
  /** One entry of `mounts` failed, for the reason given. */
  mounting(mount: MountConfig, error: unknown): unknown;
  /** mount(2) itself failed. */
  mountCall(call: { source: string; target: string; destination: string; remount: boolean }, error: unknown): unknown;
  /** The source of a bind mount is not there. */
  missingSource(mount: MountConfig, error: unknown): unknown;
  /** /proc or /sys of the image is not a directory. */
  notDirectory(type: string, destination: string): unknown;
  device(path: string, error: unknown): unknown;
  link(target: string, path: string, error: unknown): unknown;
  enterRootfs(rootfs: string, error: unknown): unknown;
  pivot(error: unknown): unknown;
  makeCwd(cwd: string, error: unknown): unknown;
  /** The remount of `readonlyPaths`, and the bind before it. */
  readOnly(path: string, step: 'bind' | 'remount', error: unknown): unknown;
  mask(path: string, error: unknown): unknown;
};
