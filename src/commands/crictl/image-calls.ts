/**
 * The calls of the image service. Line numbers are those of cri-client 0.36.0.
 * @models kubernetes/cri-client pkg/remote_image.go
 * @fidelity full
 */
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import {
  type AuthConfig,
  type Image,
  ImageFilter,
  type ImageFsInfoResponse,
  ImageService,
  type ImageStatusResponse,
  type PodSandboxConfig,
} from '../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../protocols/grpc/status.ts';
import type { Input } from '../../protocols/proto/message-type.ts';
import { toProtoText } from '../../protocols/prototext.ts';
import { Failure } from './failure.ts';
import { klogError } from './logger.ts';
import { type CriService, call, type Report } from './service.ts';

const { methods } = ImageService;

function report(line: number, message: string, pairs: Report['pairs'] = []): Report {
  return { caller: `remote_image.go:${line}`, message, pairs };
}

export async function listImages(
  ctx: Context,
  service: CriService,
  filter: Input<ImageFilter> | null,
): Promise<Image[]> {
  const shown = filter === null ? null : toProtoText(ImageFilter, ImageFilter.create(filter));
  const failed = report(161, 'ListImages with filter from image service failed', [['filter', shown]]);
  const request = filter === null ? {} : { filter };
  return (await call(ctx, service, methods.ListImages, request, { report: failed })).images;
}

export async function imageStatus(
  ctx: Context,
  service: CriService,
  image: string,
  verbose: boolean,
): Promise<ImageStatusResponse> {
  const failed = report(217, 'Get ImageStatus from image service failed', [['image', image]]);
  const answer = await call(ctx, service, methods.ImageStatus, { image: { image }, verbose }, { report: failed });
  if (answer.image === undefined || (answer.image.id !== '' && answer.image.size !== 0n)) return answer;
  const fault = `Id or size of image ${quote(image)} is not set`;
  await klogError(ctx, 'remote_image.go:226', 'ImageStatus failed', fault, [['image', image]]);
  throw new Failure(fault);
}

/** @param timeoutNs null: as long as it takes. @returns the image's reference */
export async function pullImage(
  ctx: Context,
  service: CriService,
  image: { image: string; annotations: Readonly<Record<string, string>> },
  auth: Input<AuthConfig> | undefined,
  sandboxConfig: PodSandboxConfig | undefined,
  timeoutNs: number | null,
): Promise<string> {
  const failed = report(250, 'PullImage from image service failed', [['image', image.image]]);
  try {
    const request = { image, auth, sandboxConfig };
    const { imageRef } = await call(ctx, service, methods.PullImage, request, { timeoutNs, report: failed });
    if (imageRef !== '') return imageRef;
  } catch (error) {
    // Such a code says nothing, so the library drops it.
    if (error instanceof GrpcError && error.code === grpcCode.Unknown) {
      throw new Failure(error.description, { cause: error });
    }
    throw error;
  }
  await klogError(ctx, 'remote_image.go:267', 'ImageRef of image is not set', 'PullImage failed', [
    ['image', image.image],
  ]);
  throw new Failure(`imageRef of image ${quote(image.image)} is not set`);
}

export async function removeImage(ctx: Context, service: CriService, image: string): Promise<void> {
  const failed = report(284, 'RemoveImage from image service failed', [['image', image]]);
  await call(ctx, service, methods.RemoveImage, { image: { image } }, { report: failed });
}

export function imageFsInfo(ctx: Context, service: CriService): Promise<ImageFsInfoResponse> {
  const failed = report(303, 'ImageFsInfo from image service failed');
  return call(ctx, service, methods.ImageFsInfo, {}, { report: failed });
}
