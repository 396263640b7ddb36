/**
 * Executing the shim program: to start one, and to clean up after one that died.
 * @models containerd 2.1 core/runtime/v2/binary.go, pkg/shim/util.go
 * @fidelity partial: no -debug
 */

import { exitText } from '../../../../go/exit-text.ts';
import { sprintf } from '../../../../go/sprintf.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno } from '../../../../linux/errno.ts';
import {
  type CommandResult,
  exists,
  getenv,
  lookPath,
  runCommand,
  writeFile,
  writeFileAtomic,
} from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { DeleteResponse } from '../../../../protocols/containerd/runtime/task/v3/generated.ts';
import { Any } from '../../../../protocols/google/protobuf/generated.ts';
import { classed, failure, toFailure } from '../../shared/errors.ts';
import { unmarshalJson } from '../../shared/go-json.ts';
import type { Logger } from '../../shared/log.ts';
import type { AnyMessage } from '../config/handlers.ts';
import { fromTimestamp } from '../timestamps.ts';
import { type Bundle, deleteBundle } from './bundle.ts';

export type BootstrapParams = { version: number; address: string; protocol: string };

export type Exit = { pid: number; status: number; exitedAt: bigint };

export type ShimEnvironment = { address: string; ttrpcAddress: string; self: string; log: Logger };

const SHIM_VERSION_MAX = 3;

/** `io.containerd.runc.v2` to the path of `containerd-shim-runc-v2`; absolute paths stay. */
export async function resolveRuntimePath(ctx: Context, runtime: string): Promise<string> {
  if (runtime === '') throw failure('no runtime name');
  if (runtime.startsWith('/')) {
    try {
      await ctx.sys.stat(ctx, runtime);
      return runtime;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw failure(`invalid custom binary path: stat ${runtime}: ${error.go}`);
    }
  }
  const parts = runtime.split('.');
  if (runtime.includes('/') || parts.length < 2 || parts[0] === '') {
    throw failure(
      `invalid runtime name ${runtime}, correct runtime name should be either format like \`io.containerd.runc.v2\` or a full path to the binary`,
    );
  }
  const name = `containerd-shim-${parts.at(-2)}-${parts.at(-1)}`;
  const found = await lookPath(ctx, name);
  if (found !== null) return found;
  const beside = `/usr/bin/${name}`;
  if (await exists(ctx, beside)) return beside;
  throw failure(sprintf('runtime %q binary not installed %q: file does not exist', runtime, name));
}

/** What the shim is told through its environment. */
function shimEnv(ctx: Context, env: ShimEnvironment, bundle: Bundle): string[] {
  return [
    ...ctx.process.env,
    'MAX_SHIM_VERSION=2',
    `TTRPC_ADDRESS=${env.ttrpcAddress}`,
    `GRPC_ADDRESS=${env.address}`,
    `NAMESPACE=${bundle.namespace}`,
    'GOMAXPROCS=4',
    `OTEL_SERVICE_NAME=containerd-shim-${bundle.id}`,
  ];
}

function shimArgs(env: ShimEnvironment, bundle: Bundle, binary: string, action: readonly string[]): string[] {
  return [
    binary,
    '-namespace',
    bundle.namespace,
    '-address',
    env.address,
    '-publish-binary',
    env.self,
    '-id',
    bundle.id,
    ...action,
  ];
}

/** `exit status 1` or `signal: killed`, as os/exec says it. */

export async function startShimBinary(
  ctx: Context,
  env: ShimEnvironment,
  bundle: Bundle,
  binary: string,
  options: AnyMessage | null,
): Promise<BootstrapParams> {
  const argv = shimArgs(env, bundle, binary, ['start']);
  let result: CommandResult;
  try {
    result = await runCommand(ctx, argv, {
      path: binary,
      cwd: bundle.path,
      env: shimEnv(ctx, env, bundle),
      stdin: options === null ? '' : Any.encode(options).slice(),
    });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`: fork/exec ${binary}: ${error.go}`);
  }
  const output = utf8(result.stdout) + utf8(result.stderr);
  if (result.status.exitCode !== 0 || result.status.signal !== null)
    throw failure(`${output}: ${exitText(result.status)}`);
  await writeFile(ctx, `${bundle.path}/shim-binary-path`, binary, { mode: 0o600 });
  return parseStartResponse(output.trim());
}

/** JSON since version 3; before, the bare address. */
export function parseStartResponse(text: string): BootstrapParams {
  let params: Partial<BootstrapParams> = {};
  try {
    const value = unmarshalJson(text);
    if (typeof value === 'object' && value !== null) params = value as Partial<BootstrapParams>;
  } catch (error) {
    toFailure(error);
  }
  if ((params.version ?? 0) < 2) return { version: 2, address: text, protocol: 'ttrpc' };
  const complete = {
    version: params.version ?? 2,
    address: params.address ?? '',
    protocol: params.protocol ?? 'ttrpc',
  };
  if (complete.version > SHIM_VERSION_MAX)
    throw classed('Unimplemented', `unsupported shim version (${complete.version})`);
  return complete;
}

export async function writeBootstrap(ctx: Context, bundle: Bundle, params: BootstrapParams): Promise<void> {
  const { version, address, protocol } = params;
  await writeFileAtomic(ctx, `${bundle.path}/bootstrap.json`, JSON.stringify({ version, address, protocol }), 0o644);
}

/** `shim delete`: kills what is left of the container, unmounts its rootfs and says how it ended. */
export async function runShimDelete(ctx: Context, env: ShimEnvironment, bundle: Bundle, binary: string): Promise<Exit> {
  const { log } = env;
  await log.info(ctx, 'cleaning up dead shim', { id: bundle.id, namespace: bundle.namespace });
  const argv = shimArgs(env, bundle, binary, ['-bundle', bundle.path, 'delete']);
  let result: CommandResult;
  try {
    result = await runCommand(ctx, argv, { path: binary, cwd: bundle.path, env: shimEnv(ctx, env, bundle) });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw await deleteFailed(ctx, env, bundle, argv, '', `fork/exec ${binary}: ${error.go}`);
  }
  const warnings = utf8(result.stderr);
  if (result.status.exitCode !== 0 || result.status.signal !== null) {
    throw await deleteFailed(ctx, env, bundle, argv, warnings, exitText(result.status));
  }
  if (warnings !== '')
    await log.warn(ctx, 'warnings while cleaning up dead shim', {
      id: bundle.id,
      namespace: bundle.namespace,
      warnings,
    });
  const response = DeleteResponse.decode(result.stdout);
  await deleteBundle(ctx, bundle);
  return { pid: response.pid, status: response.exitStatus, exitedAt: fromTimestamp(response.exitedAt) };
}

async function deleteFailed(
  ctx: Context,
  env: ShimEnvironment,
  bundle: Bundle,
  argv: readonly string[],
  stderr: string,
  text: string,
): Promise<Error> {
  await env.log.log(ctx, 'error', 'failed to delete dead shim', {
    cmd: argv.join(' '),
    error: text,
    id: bundle.id,
    namespace: bundle.namespace,
  });
  return failure(`${stderr}: ${text}`);
}

/** Where the opt plugin and NRI let the daemon look for programs. */
function extendedPath(ctx: Context): string {
  return `/opt/containerd/bin:${getenv(ctx, 'PATH') ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'}:/opt/nri/bin`;
}
