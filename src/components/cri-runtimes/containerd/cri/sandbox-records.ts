/**
 * The sandbox store: which sandboxes there are, for containers that join them and for a restarted daemon.
 * @models containerd 2.1 core/metadata/sandbox.go
 * @fidelity partial: the metadata extension only
 */

import { base64 } from '../../../../go/json.ts';
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import type { JsonAny } from '../metadata/json-any.ts';
import type { Metadata } from '../metadata/metadata.ts';
import type { CriService } from './cri-service.ts';
import { encodeSandboxMetadata } from './metadata-json.ts';
import { CRI_NAMESPACE, type Sandbox } from './types.ts';

export type SandboxRecord = {
  id: string;
  labels: Record<string, string>;
  runtime: { name: string; options: { typeUrl: string; base64: string } | null };
  sandboxer: string;
  extensions: Record<string, JsonAny>;
  createdAt: string;
  updatedAt: string;
};

const bucket = (ns: string): string => `${ns}/sandboxes`;

export function findSandboxRecord(metadata: Metadata, ns: string, id: string): SandboxRecord | undefined {
  return metadata.db.get<SandboxRecord>(bucket(ns), id);
}

export function listSandboxRecords(metadata: Metadata, ns: string): SandboxRecord[] {
  return metadata.db.list<SandboxRecord>(bucket(ns)).map(([, record]) => record);
}

export async function saveSandboxRecord(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<void> {
  const { metadata } = cri.parts;
  const now = rfc3339Nano(ctx.wallTime);
  const { type, options } = sandbox.runtime;
  const record: SandboxRecord = {
    id: sandbox.id,
    labels: { name: sandbox.metadata.name },
    runtime: {
      name: type,
      options: options === null ? null : { typeUrl: options.typeUrl, base64: base64(options.value) },
    },
    sandboxer: 'podsandbox',
    extensions: { metadata: encodeSandboxMetadata(sandbox.metadata) },
    createdAt: findSandboxRecord(metadata, CRI_NAMESPACE, sandbox.id)?.createdAt ?? now,
    updatedAt: now,
  };
  await metadata.update(ctx, CRI_NAMESPACE, (tx) => tx.put(bucket(CRI_NAMESPACE), sandbox.id, record));
}

export async function deleteSandboxRecord(ctx: Context, cri: CriService, id: string): Promise<void> {
  await cri.parts.metadata.update(ctx, CRI_NAMESPACE, (tx) => tx.delete(bucket(CRI_NAMESPACE), id));
}
