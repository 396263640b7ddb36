import type { Context } from '../../linux/context.ts';
import { ImageStatusRequest, ImageStatusResponse } from '../../protocols/cri/generated.ts';
import { toProtoText } from '../../protocols/prototext.ts';
import { imageStatus } from './image-calls.ts';
import { debug } from './logger.ts';
import type { CriService } from './service.ts';

/** ImageStatus with the debug lines of crictl around it. */
export async function tracedImageStatus(
  ctx: Context,
  service: CriService,
  image: string,
  verbose: boolean,
): Promise<ImageStatusResponse> {
  const request = ImageStatusRequest.create({ image: { image }, verbose });
  await debug(ctx, service.logger, () => `ImageStatusRequest: ${toProtoText(ImageStatusRequest, request)}`);
  const answer = await imageStatus(ctx, service, image, verbose);
  await debug(ctx, service.logger, () => `ImageStatusResponse: ${toProtoText(ImageStatusResponse, answer)}`);
  return answer;
}
