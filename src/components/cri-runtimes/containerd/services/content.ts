/** containerd.services.content.v1. @models containerd 2.1 plugins/services/content/contentserver @fidelity partial: written data is not fsynced */
import type { Context } from '../../../../linux/context.ts';
import {
  ContentService,
  type Info,
  type Status,
  WriteAction,
  type WriteContentRequest,
  type WriteContentResponse,
} from '../../../../protocols/containerd/services/content/v1/generated.ts';
import type { GrpcServer, ServerCall } from '../../../../protocols/grpc/server.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import { digestError } from '../../../../protocols/oci/digest.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { classed, notFound, wrap } from '../../shared/errors.ts';
import type { ContentInfo } from '../content-store/content-store.ts';
import type { ActiveIngest, ContentWriter } from '../content-store/content-writer.ts';
import type { Parts } from '../parts.ts';
import { timestampOf } from './containers.ts';
import { checkFilters, labelFields, matchesAny } from './filters.ts';
import { byKey, inNamespace, plainLabels, updatedLabels } from './request.ts';

const LIST_BLOCK = 100;
const READ_BLOCK = 1 << 20;

export function serveContent(server: GrpcServer, parts: Parts): void {
  const { content } = parts;
  server.implement(ContentService, {
    Info: (ctx, { digest }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        checkDigest(digest);
        return { info: toProto(infoOf(parts, ns, digest)) };
      }),
    Update: (ctx, { info, updateMask }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const digest = info?.digest ?? '';
        checkDigest(digest);
        const paths = updateMask?.paths ?? [];
        const wrong = paths.find((path) => path !== 'labels' && !path.startsWith('labels.'));
        if (wrong !== undefined)
          throw classed('InvalidArgument', `cannot update "${wrong}" field on content info "${digest}"`);
        const old = infoOf(parts, ns, digest);
        const labels = plainLabels(updatedLabels(old.labels, info?.labels ?? {}, paths));
        return { info: toProto(await content.setLabels(ctx, ns, digest, labels)) };
      }),
    List: (ctx, { filters }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        checkFilters(filters);
        const matching = byKey(content.list(ns), (info) => info.digest).filter((info) =>
          matchesAny(filters, { digest: info.digest, size: String(info.size), ...labelFields(info.labels) }),
        );
        for (let at = 0; at < matching.length; at += LIST_BLOCK)
          await call.send(ctx, { info: matching.slice(at, at + LIST_BLOCK).map(toProto) });
      }),
    Delete: (ctx, { digest }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const wrong = digestError(digest);
        if (wrong !== null) throw new GrpcError(grpcCode.InvalidArgument, wrong);
        await content.delete(ctx, ns, digest);
        parts.gc.schedule();
      }),
    Read: (ctx, { digest, offset, size }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const wrong = digestError(digest);
        if (wrong !== null) throw new GrpcError(grpcCode.InvalidArgument, `${digest}: ${wrong}`);
        const blob = await content.read(ctx, ns, digest);
        const from = Math.max(0, Number(offset));
        if (from > blob.length)
          throw new GrpcError(grpcCode.OutOfRange, `read past object length ${blob.length} bytes`);
        const end = size <= 0n ? blob.length : Math.min(blob.length, from + Number(size));
        for (let at = from; at < end; at += READ_BLOCK) {
          const data = blob.slice(at, Math.min(end, at + READ_BLOCK)).bytes();
          await call.send(ctx, { offset: BigInt(at - from), data });
        }
      }),
    Status: (ctx, { ref }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const found = content.active(ns).find((ingest) => ingest.ref === ref);
        if (found === undefined) throw wrap(`could not get status for ref "${ref}"`, notFound(`reference ${ref}`));
        return { status: statusOf(found) };
      }),
    ListStatuses: (ctx, { filters }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        checkFilters(filters);
        const matching = content.active(ns).filter(({ ref }) => matchesAny(filters, { ref }));
        return { statuses: byKey(matching, (ingest) => ingest.ref).map(statusOf) };
      }),
    Write: (ctx, _request, call) => inNamespace(ctx, parts, call, (ns, ctx) => write(ctx, parts, ns, call)),
    Abort: (ctx, { ref }, call) => inNamespace(ctx, parts, call, (ns, ctx) => content.abort(ctx, ns, ref)),
  });
}

function checkDigest(digest: string): void {
  if (digestError(digest) !== null) throw new GrpcError(grpcCode.InvalidArgument, `"${digest}" failed validation`);
}

function infoOf(parts: Parts, ns: string, digest: string): ContentInfo {
  const info = parts.content.info(ns, digest);
  if (info === undefined) throw notFound(`content digest ${digest}`);
  return info;
}

/** One ingest: the first message names it, further ones bring data, the last commits it. */
async function write(ctx: Context, parts: Parts, ns: string, call: ServerCall<WriteContentResponse>): Promise<void> {
  const next = async (): Promise<WriteContentRequest | null> => (await call.receive()) as WriteContentRequest | null;
  const first = await next();
  if (first === null) return;
  const { ref } = first;
  if (ref === '') throw new GrpcError(grpcCode.InvalidArgument, 'first message must have a reference');
  let total = Number(first.total);
  let { expected } = first;
  const writer = await parts.content.writer(ctx, ns, ref, total, expected);
  if (writer === null) throw classed('AlreadyExists', `content ${expected}`);
  try {
    for (let request: WriteContentRequest | null = first; request !== null; request = await next()) {
      if (request.expected !== '') {
        expected = request.expected;
        if (parts.content.info(ns, expected) !== undefined) {
          await parts.content.abort(ctx, ns, ref);
          throw new GrpcError(grpcCode.AlreadyExists, `blob with expected digest ${expected} exists`);
        }
      }
      if (request.total > 0n) total = Number(request.total);
      const response = await act(ctx, parts, writer, request, total, expected);
      await call.send(ctx, response);
      if (request.action === WriteAction.COMMIT) return;
    }
  } finally {
    // Without a commit the ingest rests, for somebody to go on with.
    await writer.close(ctx);
  }
}

async function act(
  ctx: Context,
  parts: Parts,
  writer: ContentWriter,
  request: WriteContentRequest,
  total: number,
  expected: string,
): Promise<Input<WriteContentResponse>> {
  const { status } = writer;
  const { action, data, labels } = request;
  const times = { startedAt: timestampOf(status.startedAt), updatedAt: timestampOf(status.updatedAt) };
  if (action === WriteAction.STAT)
    return { action, ...times, offset: BigInt(status.offset), total: BigInt(total), digest: writer.digest };
  const offset = Number(request.offset);
  if (offset > 0 && offset !== status.offset) {
    throw new GrpcError(grpcCode.OutOfRange, `write @${offset} must occur at current offset ${status.offset}`);
  }
  if (offset === 0 && status.offset > 0) await writer.truncate(ctx);
  if (data.length > 0) await writer.write(ctx, data);
  const at = BigInt(status.offset);
  if (action !== WriteAction.COMMIT) return { action, offset: at, digest: '' };
  const digest = await parts.content.commit(ctx, writer, total, expected, plainLabels(labels));
  return { action, offset: at, digest };
}

function toProto(info: ContentInfo): Input<Info> {
  return {
    digest: info.digest,
    size: BigInt(info.size),
    createdAt: timestampOf(info.createdAt),
    updatedAt: timestampOf(info.updatedAt),
    labels: info.labels,
  };
}

function statusOf(ingest: ActiveIngest): Input<Status> {
  return {
    ref: ingest.ref,
    offset: BigInt(ingest.offset),
    total: BigInt(ingest.total),
    startedAt: timestampOf(ingest.startedAt),
    updatedAt: timestampOf(ingest.updatedAt),
    expected: ingest.expected,
  };
}
