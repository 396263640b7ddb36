/** A shim's options as verbose status shows them. @models containerd 2.1 internal/cri/server/helpers.go getRuntimeOptions @fidelity full */
import { Options } from '../../../../protocols/containerd/types/runc/options/generated.ts';
import { Options as GenericOptions } from '../../../../protocols/containerd/types/runtimeoptions/v1/generated.ts';
import { type JsonObject, messageToJson } from '../../shared/go-json.ts';
import type { AnyMessage } from '../config/handlers.ts';

/** Null when there are none, or all have their zero value. */
export function shownRuntimeOptions(options: AnyMessage | null): JsonObject | null {
  if (options === null || options.value.length === 0) return null;
  if (options.typeUrl === Options.typeName) return messageToJson(Options, Options.decode(options.value));
  if (options.typeUrl === GenericOptions.typeName)
    return messageToJson(GenericOptions, GenericOptions.decode(options.value));
  return {};
}
