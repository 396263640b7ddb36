/**
 * containerd.services.transfer.v1: an image from one kind of place to another.
 * @models containerd 2.1 plugins/services/transfer, core/transfer/{local,image,registry,archive}
 * @fidelity partial: no HTTP dumps
 */
import type { Context } from '../../../../linux/context.ts';
import { Rope } from '../../../../linux/rope.ts';
import {
  type AnyStream,
  receiveBytes,
  ropeParts,
  sendBytes,
  toAny,
} from '../../../../protocols/containerd/byte-stream.ts';
import { TransferService } from '../../../../protocols/containerd/services/transfer/v1/generated.ts';
import type { Platform as ProtoPlatform } from '../../../../protocols/containerd/types/generated.ts';
import {
  AuthRequest,
  AuthResponse,
  AuthType,
  ImageExportStream,
  ImageImportStream,
  ImageStore,
  OCIRegistry,
  Progress as ProgressMessage,
} from '../../../../protocols/containerd/types/transfer/generated.ts';
import type { Credentials } from '../../../../protocols/distribution/authorizer.ts';
import type { Any } from '../../../../protocols/google/protobuf/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Descriptor, Platform } from '../../../../protocols/oci/types.ts';
import { classed } from '../../shared/errors.ts';
import { exportImages } from '../images/export.ts';
import type { ImageRecord } from '../images/image-records.ts';
import { importImages, importIndex } from '../images/import.ts';
import type { ProgressFunction } from '../images/progress.ts';
import { pushImage } from '../images/push.ts';
import { importedNames, storeNames } from '../images/store-names.ts';
import type { Parts } from '../parts.ts';
import { inNamespace } from './request.ts';
import type { StreamManager } from './streaming.ts';

const DOWNLOADS_MAX = 3;

type Transfer = {
  ctx: Context;
  parts: Parts;
  ns: string;
  streams: StreamManager;
  progress: ProgressFunction | undefined;
};

export function serveTransfer(server: GrpcServer, parts: Parts, streams: StreamManager): void {
  server.implement(TransferService, {
    Transfer: (ctx, { source, destination, options }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const id = options?.progressStream ?? '';
        const stream = id === '' ? null : streams.get(ns, id);
        try {
          const progress = stream === null ? undefined : reporter(stream);
          await transfer({ ctx, parts, ns, streams, progress }, source, destination);
        } finally {
          await stream?.close(ctx);
        }
      }),
  });
}

function reporter(stream: AnyStream): ProgressFunction {
  return (ctx, { event, name = '', parents = [], progress = 0, total = 0, desc }) =>
    stream.send(
      ctx,
      toAny(
        ProgressMessage,
        ProgressMessage.create({
          event,
          name,
          parents,
          progress: BigInt(progress),
          total: BigInt(total),
          ...(desc === undefined
            ? {}
            : { desc: { mediaType: desc.mediaType, digest: desc.digest, size: BigInt(desc.size) } }),
        }),
      ),
    );
}

async function transfer(t: Transfer, source: Any | undefined, destination: Any | undefined): Promise<void> {
  const kinds = `${source?.typeUrl} ${destination?.typeUrl}`;
  const from = source?.value ?? new Uint8Array(0);
  const to = destination?.value ?? new Uint8Array(0);
  switch (kinds) {
    case `${OCIRegistry.typeName} ${ImageStore.typeName}`:
      return pull(t, OCIRegistry.decode(from), ImageStore.decode(to));
    case `${ImageStore.typeName} ${OCIRegistry.typeName}`:
      return push(t, ImageStore.decode(from), OCIRegistry.decode(to));
    case `${ImageImportStream.typeName} ${ImageStore.typeName}`:
      return importStream(t, ImageImportStream.decode(from), ImageStore.decode(to));
    case `${ImageStore.typeName} ${ImageExportStream.typeName}`:
      return exportStream(t, ImageStore.decode(from), ImageExportStream.decode(to));
    case `${ImageStore.typeName} ${ImageStore.typeName}`:
      return tag(t, ImageStore.decode(from), ImageStore.decode(to));
    default:
      throw new GrpcError(
        grpcCode.Unimplemented,
        `method Transfer not implemented for ${source?.typeUrl} to ${destination?.typeUrl}`,
      );
  }
}

async function pull(t: Transfer, registry: OCIRegistry, store: ImageStore): Promise<void> {
  const { ctx, parts, ns } = t;
  const { image } = await parts.transfer.pull(ctx, registry.reference, {
    namespace: ns,
    labels: store.labels,
    ...registryOptions(t, registry),
    downloadsMax: DOWNLOADS_MAX,
    platforms: platformsOf(store.platforms),
    allMetadata: store.allMetadata,
    snapshots: unpacksOf(parts, store) ? parts.snapshots : null,
    ...(t.progress === undefined ? {} : { progress: t.progress }),
  });
  await storeNames(ctx, parts, ns, importedNames(store, image.target, false), image.target, store.labels);
}

/** How the registry is reached, with credentials that are asked of the client when they are needed. */
function registryOptions(
  { ns, streams }: Transfer,
  { reference, resolver }: OCIRegistry,
): {
  configPath: string;
  defaultScheme?: 'http' | 'https';
  credentials: (ctx: Context, host: string) => Promise<Credentials | null>;
} {
  const scheme = resolver?.defaultScheme ?? '';
  const authStream = resolver?.authStream ?? '';
  return {
    configPath: resolver?.hostDir ?? '',
    ...(scheme === 'http' || scheme === 'https' ? { defaultScheme: scheme } : {}),
    async credentials(ctx, host) {
      if (authStream === '') return null;
      const stream = streams.get(ns, authStream);
      await stream.send(ctx, toAny(AuthRequest, { host, reference, wwwauthenticate: [] }));
      const answer = await stream.receive(ctx);
      if (answer === null) return null;
      const { authType, username, secret } = AuthResponse.decode(answer.value);
      if (authType === AuthType.NONE || (username === '' && secret === '')) return null;
      return { username, secret };
    },
  };
}

async function push(t: Transfer, store: ImageStore, registry: OCIRegistry): Promise<void> {
  const { ctx, parts, ns } = t;
  const image = parts.images.get(ns, store.name);
  await pushImage(ctx, parts, ns, image, registry.reference, {
    ...registryOptions(t, registry),
    platforms: platformsOf(store.platforms),
    ...(t.progress === undefined ? {} : { progress: t.progress }),
  });
}

function importStream(t: Transfer, source: ImageImportStream, store: ImageStore): Promise<void> {
  const { parts, ns, progress } = t;
  return parts.metadata.leases.holding(t.ctx, ns, async (ctx) => {
    await progress?.(ctx, { event: 'Importing' });
    const received: Rope[] = [];
    await receiveBytes(ctx, t.streams.get(ns, source.stream), async (_ctx, part) => void received.push(part));
    const index = await importIndex(ctx, parts, ns, Rope.concat(received));
    const unpacks = unpacksOf(parts, store);
    const manifests = await importImages(ctx, parts, ns, index, platformsOf(store.platforms), unpacks);
    for (const descriptor of [index, ...manifests]) {
      const names = importedNames(store, descriptor, descriptor !== index);
      for (const name of names) {
        await storeNames(ctx, parts, ns, [name], descriptor, store.labels);
        await progress?.(ctx, { event: 'saved', name, desc: descriptor });
      }
    }
    await progress?.(ctx, { event: 'Completed import' });
  });
}

async function exportStream(t: Transfer, store: ImageStore, target: ImageExportStream): Promise<void> {
  const { ctx, parts, ns, progress } = t;
  await progress?.(ctx, { event: 'Exporting' });
  const names = [
    ...(store.name === '' ? [] : [store.name]),
    ...store.extraReferences.map((reference) => reference.name),
  ];
  if (store.extraReferences.some((reference) => reference.isPrefix))
    throw classed('Unimplemented', 'prefix lookup on export not implemented');
  const images: ImageRecord[] = names.map((name) => parts.images.get(ns, name));
  const archive = await exportImages(ctx, parts, ns, images, {
    platforms: platformsOf(target.platforms),
    allPlatforms: target.allPlatforms,
    skipsDockerManifest: target.skipCompatibilityManifest,
  });
  await sendBytes(ctx, t.streams.get(ns, target.stream), ropeParts(archive));
  await progress?.(ctx, { event: 'Completed export' });
}

async function tag({ ctx, parts, ns }: Transfer, from: ImageStore, to: ImageStore): Promise<void> {
  const { target } = parts.images.get(ns, from.name);
  const descriptor: Descriptor = target;
  await storeNames(ctx, parts, ns, importedNames(to, descriptor, false, true), descriptor, to.labels);
}

function platformsOf(platforms: readonly ProtoPlatform[]): Platform[] {
  return platforms.map(({ os, architecture, variant }) => ({
    os,
    architecture,
    ...(variant === '' ? {} : { variant }),
  }));
}

/** Only the snapshotter that the service is configured for is unpacked to. */
function unpacksOf(parts: Parts, store: ImageStore): boolean {
  return store.unpacks.some(({ snapshotter, platform }) => {
    const isLinux = platform === undefined || platform.os === 'linux' || platform.os === '';
    return isLinux && (snapshotter === '' || snapshotter === parts.snapshots.name);
  });
}
