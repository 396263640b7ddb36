/**
 * What run does in one go and create, start, stop, rm and rm -f one by one.
 * @models kubernetes-sigs/cri-tools cmd/crictl/container.go, sandbox.go
 * @fidelity full
 */
import type { CliFlag } from '../../go/cli-types.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import { CreateContainerRequest, type PodSandboxConfig, RunPodSandboxRequest } from '../../protocols/cri/generated.ts';
import { toProtoText } from '../../protocols/prototext.ts';
import { Failure } from './failure.ts';
import { loadContainerConfig, loadPodSandboxConfig } from './load-config.ts';
import { debug, log } from './logger.ts';
import { authOf, type Credentials, PULL_TIMEOUT, pullWithSandbox } from './pull-image.ts';
import type { Run } from './run.ts';
import {
  createContainer,
  removeContainer,
  removePodSandbox,
  runPodSandbox,
  startContainer,
  stopContainer,
  stopPodSandbox,
} from './runtime-calls.ts';
import type { CriService } from './service.ts';

export type CreateOptions = Credentials & {
  readonly containerConfig: string;
  readonly podConfig: string;
  readonly pullTimeoutNs: number;
};

export function createOptions(run: Run, containerConfig: string, podConfig: string): CreateOptions {
  const { cli } = run;
  return {
    containerConfig,
    podConfig,
    creds: cli.string('creds'),
    auth: cli.string('auth'),
    username: cli.string('username'),
    pullTimeoutNs: cli.duration('pull-timeout'),
  };
}

/** The flags of create and run, which differ in a few words only. */
export function createFlags(words: { noPull: string; withPull: string; more: readonly CliFlag[] }): CliFlag[] {
  return [
    {
      name: 'auth',
      kind: 'string',
      usage: "Show the registry this `AUTH_STRING`, which is 'USERNAME[:PASSWORD]' in base64",
    },
    {
      name: 'cancel-timeout',
      aliases: ['T'],
      kind: 'duration',
      usage: 'Cancel the request for the container after this long',
    },
    { name: 'creds', kind: 'string', usage: 'Show the registry `USERNAME[:PASSWORD]`' },
    { name: 'no-pull', kind: 'bool', usage: words.noPull },
    PULL_TIMEOUT,
    ...words.more,
    { name: 'username', kind: 'string', usage: 'Show the registry this `USERNAME`; asks for the password' },
    { name: 'with-pull', kind: 'bool', usage: words.withPull },
  ];
}

/** `images` undefined: the image must be there already. */
export async function createFromFiles(
  ctx: Context,
  run: Run,
  runtime: CriService,
  images: CriService | undefined,
  podId: string,
  options: CreateOptions,
): Promise<string> {
  const config = await loadContainerConfig(ctx, options.containerConfig);
  const podConfig = options.podConfig === '' ? undefined : await loadPodSandboxConfig(ctx, run, options.podConfig);
  const spec = config.image;
  const image = spec?.image ?? '';
  if (spec !== undefined && spec.userSpecifiedImage === '') spec.userSpecifiedImage = image;
  if (images !== undefined) {
    const auth = await authOf(ctx, options);
    const wanted = [image];
    await log(ctx, run.logger, 'info', `Pulling container image: ${image}`);
    for (const mount of config.mounts) {
      if (mount.image === undefined || mount.image.image === '') continue;
      const text = `Pulling image ${image} to be mounted to container path: ${mount.containerPath}`;
      await log(ctx, run.logger, 'info', text);
      wanted.push(mount.image.image);
    }
    for (const name of wanted) {
      await pullWithSandbox(ctx, images, name, auth, podConfig, spec?.annotations ?? {}, options.pullTimeoutNs);
    }
  }
  const request = CreateContainerRequest.create({ podSandboxId: podId, config, sandboxConfig: podConfig });
  await debug(ctx, run.logger, () => `CreateContainerRequest: ${toProtoText(CreateContainerRequest, request)}`);
  const id = await createContainer(ctx, runtime, podId, config, podConfig);
  await debug(ctx, run.logger, () => `CreateContainerResponse: ${id}`);
  return id;
}

export async function runPod(
  ctx: Context,
  run: Run,
  runtime: CriService,
  config: PodSandboxConfig,
  runtimeHandler: string,
): Promise<string> {
  const request = RunPodSandboxRequest.create({ config, runtimeHandler });
  await debug(ctx, run.logger, () => `RunPodSandboxRequest: ${toProtoText(RunPodSandboxRequest, request)}`);
  const id = await runPodSandbox(ctx, runtime, config, runtimeHandler);
  await debug(ctx, run.logger, () => `RunPodSandboxResponse: ${id}`);
  return id;
}

function requireId(id: string): void {
  if (id === '') throw new Failure('ID cannot be empty');
}

export async function startOne(ctx: Context, runtime: CriService, id: string): Promise<void> {
  requireId(id);
  await startContainer(ctx, runtime, id);
  await print(ctx, `${id}\n`);
}

export async function stopOne(ctx: Context, runtime: CriService, id: string, timeoutSeconds: number): Promise<void> {
  requireId(id);
  await debug(ctx, runtime.logger, () => `Stopping container: ${id} (timeout = ${timeoutSeconds})`);
  await stopContainer(ctx, runtime, id, timeoutSeconds);
  await print(ctx, `${id}\n`);
}

export async function removeOne(ctx: Context, runtime: CriService, id: string): Promise<void> {
  requireId(id);
  await debug(ctx, runtime.logger, () => `Removing container: ${id}`);
  await removeContainer(ctx, runtime, id);
  await print(ctx, `${id}\n`);
}

export async function stopOnePod(ctx: Context, runtime: CriService, id: string): Promise<void> {
  requireId(id);
  await debug(ctx, runtime.logger, () => `Stopping pod sandbox: ${id}`);
  await stopPodSandbox(ctx, runtime, id);
  await print(ctx, `Stopped sandbox ${id}\n`);
}

export async function removeOnePod(ctx: Context, runtime: CriService, id: string): Promise<void> {
  requireId(id);
  await debug(ctx, runtime.logger, () => `Removing pod sandbox: ${id}`);
  await removePodSandbox(ctx, runtime, id);
  await print(ctx, `Removed sandbox ${id}\n`);
}
