/**
 * Looking up a pod's runtime handler, and turning its options into what the shim gets.
 * @models containerd 2.1 internal/cri/config/config.go
 * @fidelity partial: options of runtimes other than io.containerd.runc.v2 are passed as the config file's path only
 */

import { sprintf } from '../../../../go/sprintf.ts';
import { Options } from '../../../../protocols/containerd/types/runc/options/generated.ts';
import { Options as GenericOptions } from '../../../../protocols/containerd/types/runtimeoptions/v1/generated.ts';
import { failure } from '../../shared/errors.ts';
import type { CriRuntimeConfig, RuntimeHandlerConfig } from './defaults.ts';

export type AnyMessage = { typeUrl: string; value: Uint8Array };

export const RUNC_V2 = 'io.containerd.runc.v2';

export function handlerFor(config: CriRuntimeConfig, name: string): RuntimeHandlerConfig {
  const { runtimes, default_runtime_name: fallback } = config.containerd;
  const handler = runtimes[name === '' ? fallback : name];
  if (handler === undefined) throw failure(sprintf('no runtime for %q is configured', name));
  return handler;
}

/** Null when the handler has no options at all. */
export function runtimeOptions(handler: RuntimeHandlerConfig): AnyMessage | null {
  const options = handler.options;
  if (options === null || Object.keys(options).length === 0) return null;
  const text = (key: string): string => String(options[key] ?? '');
  const number = (key: string): number => Number(options[key] ?? 0);
  const flag = (key: string): boolean => options[key] === true;
  if (handler.runtime_type === RUNC_V2) {
    const value = Options.encode({
      noPivotRoot: flag('NoPivotRoot'),
      noNewKeyring: flag('NoNewKeyring'),
      shimCgroup: text('ShimCgroup'),
      ioUid: number('IoUid'),
      ioGid: number('IoGid'),
      binaryName: text('BinaryName'),
      root: text('Root'),
      systemdCgroup: flag('SystemdCgroup'),
      criuImagePath: text('CriuImagePath'),
      criuWorkPath: text('CriuWorkPath'),
    }).slice();
    return { typeUrl: Options.typeName, value };
  }
  const value = GenericOptions.encode({ typeUrl: text('TypeUrl'), configPath: text('ConfigPath') }).slice();
  return { typeUrl: GenericOptions.typeName, value };
}
