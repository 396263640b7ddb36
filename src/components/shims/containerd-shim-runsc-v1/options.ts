/**
 * The shim's configuration: the TOML file that containerd's options name.
 * @models gVisor pkg/shim/v1/runsc/{service,options}.go @fidelity partial: binary, root and runsc_config act
 */
import { parse } from 'smol-toml';
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, readFile } from '../../../linux/io.ts';
import { Options } from '../../../protocols/containerd/types/runtimeoptions/v1/generated.ts';
import { pathError } from '../../oci-runtimes/shared/fault.ts';
import type { RunscOptions } from './runsc.ts';

export type ShimOptions = { binaryName: string; root: string; config: Record<string, string> };

const DEFAULT_CONFIG = '/etc/containerd/runsc.toml';
const DEFAULT_ROOT = '/run/containerd/runsc';
const DEFAULT_BINARY = 'runsc';

export async function loadOptions(ctx: Context, value: Uint8Array): Promise<ShimOptions> {
  const given = Options.decode(value).configPath;
  const path = given === '' ? DEFAULT_CONFIG : given;
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (given === '' && isErrno(error, 'ENOENT')) text = '';
    else throw pathError('open', path, error);
  }
  let file: Record<string, unknown>;
  try {
    file = parse(text);
  } catch (error) {
    throw newError(`decode config file ${path}: ${String((error as { message?: unknown }).message)}`);
  }
  const config = (file['runsc_config'] ?? {}) as Record<string, unknown>;
  return {
    binaryName: String(file['binary_name'] ?? DEFAULT_BINARY),
    root: String(file['root'] ?? DEFAULT_ROOT),
    config: Object.fromEntries(Object.entries(config).map(([name, flag]) => [name, String(flag)])),
  };
}

export function runtimeOf(options: ShimOptions, bundle: string, namespace: string): RunscOptions {
  return {
    binary: options.binaryName,
    root: `${options.root}/${namespace}`,
    log: `${bundle}/log.json`,
    config: options.config,
  };
}

/** What `delete` has when the shim that knew is gone. */
export async function savedRuntime(ctx: Context, bundle: string, namespace: string): Promise<RunscOptions> {
  const path = `${bundle}/options.json`;
  const options = (await exists(ctx, path))
    ? (JSON.parse(await readFile(ctx, path)) as ShimOptions)
    : { binaryName: DEFAULT_BINARY, root: DEFAULT_ROOT, config: {} };
  return runtimeOf(options, bundle, namespace);
}
