/**
 * Pulling and what it may need: credentials, a password from the terminal, a limit of time.
 * @models kubernetes-sigs/cri-tools cmd/crictl/image.go PullImageWithSandbox getAuth parseCreds
 * @fidelity full
 */
import type { CliFlag } from '../../go/cli-types.ts';
import { durationString } from '../../go/duration.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { LineReader, print } from '../../linux/io.ts';
import {
  AuthConfig,
  type PodSandboxConfig,
  PullImageRequest,
  PullImageResponse,
} from '../../protocols/cri/generated.ts';
import { toProtoText } from '../../protocols/prototext.ts';
import { Failure } from './failure.ts';
import { pullImage } from './image-calls.ts';
import { debug } from './logger.ts';
import type { CriService } from './service.ts';

export type Credentials = { readonly creds: string; readonly auth: string; readonly username: string };

export const PULL_TIMEOUT: CliFlag = {
  name: 'pull-timeout',
  aliases: ['pt'],
  kind: 'duration',
  usage: 'Give up pulling the image after this long, 0s never',
  env: ['CRICTL_PULL_TIMEOUT'],
};

export async function pullWithSandbox(
  ctx: Context,
  images: CriService,
  image: string,
  auth: AuthConfig | undefined,
  sandboxConfig: PodSandboxConfig | undefined,
  annotations: Readonly<Record<string, string>>,
  timeoutNs: number,
): Promise<string> {
  const request = PullImageRequest.create({ image: { image, annotations }, auth, sandboxConfig });
  await debug(ctx, images.logger, () => `PullImageRequest: ${toProtoText(PullImageRequest, request)}`);
  if (timeoutNs < 0) throw new Failure('timeout should be bigger than 0');
  if (timeoutNs > 0) {
    await debug(ctx, images.logger, () => `Using pull context with timeout of ${durationString(timeoutNs)}`);
  }
  const limit = timeoutNs === 0 ? null : timeoutNs;
  const imageRef = await pullImage(ctx, images, { image, annotations }, auth, sandboxConfig, limit);
  const answer = PullImageResponse.create({ imageRef });
  await debug(ctx, images.logger, () => `PullImageResponse: ${toProtoText(PullImageResponse, answer)}`);
  return imageRef;
}

export async function authOf(ctx: Context, { creds, auth, username }: Credentials): Promise<AuthConfig | undefined> {
  if (username !== '') {
    await print(ctx, 'Enter Password:');
    const password = await readPassword(ctx);
    return AuthConfig.create({ username, password });
  }
  if (creds !== '' && auth !== '') throw new Failure('both `--creds` and `--auth` are specified');
  if (creds !== '') return AuthConfig.create(parseCreds(creds));
  return auth === '' ? undefined : AuthConfig.create({ auth });
}

function parseCreds(creds: string): { username: string; password: string } {
  const colon = creds.indexOf(':');
  if (colon < 0) return { username: creds, password: '' };
  if (colon === 0) throw new Failure("username can't be empty");
  return { username: creds.slice(0, colon), password: creds.slice(colon + 1) };
}

/** term.ReadPassword: echo off while a line is read; without a terminal it fails. */
async function readPassword(ctx: Context): Promise<string> {
  try {
    const termios = await ctx.sys.getTermios(ctx, 0);
    await ctx.sys.setTermios(ctx, 0, { ...termios, echo: false, canonical: true, signals: true });
    try {
      return (await new LineReader(0).next(ctx)) ?? '';
    } finally {
      await ctx.sys.setTermios(ctx, 0, termios);
    }
  } catch (error) {
    if (isErrno(error)) throw new Failure(error.go, { cause: error });
    throw error;
  } finally {
    await print(ctx, '\n');
  }
}
