/**
 * pod-config and container-config files, JSON or YAML.
 * @models kubernetes-sigs/cri-tools cmd/crictl/util.go loadPodSandboxConfig loadContainerConfig
 * @fidelity full
 */
import { quote } from '../../go/quote.ts';
import { parseYaml } from '../../go/yaml-in.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { toBase64 } from '../../protocols/base64.ts';
import {
  ContainerConfig,
  ContainerMetadata,
  ImageSpec,
  PodSandboxConfig,
  PodSandboxMetadata,
} from '../../protocols/cri/generated.ts';
import { fromGoJson, GoJsonError } from '../../protocols/go-json.ts';
import type { MessageType } from '../../protocols/proto/message-type.ts';
import { toProtoText } from '../../protocols/prototext.ts';
import { Failure, pathFailure } from './failure.ts';
import { log } from './logger.ts';
import type { Run } from './run.ts';

export async function loadPodSandboxConfig(ctx: Context, run: Run, path: string): Promise<PodSandboxConfig> {
  const config = await load(ctx, path, PodSandboxConfig);
  const { metadata, linux } = config;
  if (metadata === undefined) throw new Failure('metadata is not set');
  if (metadata.uid === '') metadata.uid = uuid(ctx);
  if (metadata.name === '' || metadata.namespace === '') {
    const text = quote(toProtoText(PodSandboxMetadata, metadata));
    throw new Failure(`name or namespace is not in metadata ${text}`);
  }
  if (linux !== undefined && linux.cgroupParent === '') {
    const advice = 'Use `runtime-config` to get the runtime cgroup driver';
    await log(ctx, run.logger, 'warning', `cgroup_parent is not set. ${advice}`);
  }
  return config;
}

export async function loadContainerConfig(ctx: Context, path: string): Promise<ContainerConfig> {
  const config = await load(ctx, path, ContainerConfig);
  const { metadata, image } = config;
  if (metadata === undefined) throw new Failure('metadata is not set');
  if (metadata.name === '') {
    throw new Failure(`name is not in metadata ${quote(toProtoText(ContainerMetadata, metadata))}`);
  }
  if (image === undefined) throw new Failure('image is not set');
  if (image.image === '') {
    throw new Failure(`image field is not set in image ${quote(toProtoText(ImageSpec, image))}`);
  }
  return config;
}

/** Values of variables are text to crictl 1.36.0: the protocol made them bytes only in its patch releases. */
function withEncodedEnvs(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Array.isArray((value as { envs?: unknown }).envs)) return value;
  const envs = (value as { envs: unknown[] }).envs.map((env) =>
    typeof env === 'object' && env !== null && typeof (env as { value?: unknown }).value === 'string'
      ? { ...env, value: toBase64(new TextEncoder().encode((env as { value: string }).value)) }
      : env,
  );
  return { ...value, envs };
}

async function load<T>(ctx: Context, path: string, type: MessageType<T>): Promise<T> {
  const parsed = parseYaml(await readConfigText(ctx, path));
  if (!parsed.ok) throw new Failure(`error converting YAML to JSON: ${parsed.error}`);
  try {
    return fromGoJson(type, withEncodedEnvs(parsed.value));
  } catch (error) {
    if (!(error instanceof GoJsonError)) throw error;
    throw new Failure(`error unmarshaling JSON: while decoding JSON: ${error.message}`);
  }
}

async function readConfigText(ctx: Context, path: string): Promise<string> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw new Failure(`config at ${path} not found`);
    if (isErrno(error)) throw pathFailure(isErrno(error, 'EISDIR') ? 'read' : 'open', path, error);
    throw error;
  }
}

/** uuid.New: version 4. */
function uuid(ctx: Context): string {
  const hex = ctx.random.hex(32);
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4] ?? '8';
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`];
  return `${parts.join('-')}-${hex.slice(20)}`;
}
