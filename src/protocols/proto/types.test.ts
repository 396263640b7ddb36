import { expect, expectTypeOf, it } from 'vitest';
import { EventsService } from '../containerd/services/events/v1/generated.ts';
import type { VersionRequest, VersionResponse } from '../cri/generated.ts';
import { ImageService, RuntimeService } from '../cri/generated.ts';
import type { Input } from './message-type.ts';
import type { Method, RequestOf, ResponseOf, UnaryHandlers } from './service.ts';

it('describes services', () => {
  expect(RuntimeService.typeName).toBe('runtime.v1.RuntimeService');
  expect(Object.keys(RuntimeService.methods)).toHaveLength(35);
  expect(Object.keys(ImageService.methods)).toHaveLength(6);
  expect(RuntimeService.methods.Version.path).toBe('/runtime.v1.RuntimeService/Version');
  expect(RuntimeService.methods.GetContainerEvents).toMatchObject({ clientStreaming: false, serverStreaming: true });
  expect(EventsService.methods.Subscribe.serverStreaming).toBe(true);
});

it('infers request and response', () => {
  const call = <Request, Response>(method: Method<Request, Response>, request: Input<Request>): Response =>
    method.output.decode(method.input.encode(request));
  const reply = call(RuntimeService.methods.Version, { version: 'v1' });
  expectTypeOf(reply).toEqualTypeOf<VersionResponse>();
  expect(reply.version).toBe('v1');
  expectTypeOf<RequestOf<typeof RuntimeService.methods.Version>>().toEqualTypeOf<VersionRequest>();
  expectTypeOf<ResponseOf<typeof RuntimeService.methods.Version>>().toEqualTypeOf<VersionResponse>();
  const handlers: UnaryHandlers<undefined, typeof RuntimeService> = {
    Version: (_context, request) => ({ version: request.version, runtimeName: 'x' }),
    async ListContainers() {
      return { containers: [{ id: 'a', createdAt: 1n }] };
    },
  };
  expect(handlers.Version).toBeDefined();
});
