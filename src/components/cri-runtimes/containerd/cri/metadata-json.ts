/**
 * The CRI plugin's records as they are stored with containerd's containers and shown by verbose status.
 * @models containerd 2.1 internal/cri/store/{sandbox,container}/metadata.go
 * @fidelity full
 */
import { ContainerConfig, PodSandboxConfig } from '../../../../protocols/cri/generated.ts';
import { type JsonObject, marshal, messageFromJson, messageToJson, unmarshalJson } from '../../shared/go-json.ts';
import type { PodNetwork } from '../cni/go-cni.ts';
import { type JsonAny, jsonAny } from '../metadata/json-any.ts';
import type { ContainerMetadata, SandboxMetadata } from './types.ts';

export const SANDBOX_METADATA_TYPE = 'github.com/containerd/cri/pkg/store/sandbox/Metadata';
export const CONTAINER_METADATA_TYPE = 'github.com/containerd/cri/pkg/store/container/Metadata';

export function sandboxMetadataJson(metadata: SandboxMetadata): JsonObject {
  return {
    Version: 'v1',
    Metadata: {
      ID: metadata.id,
      Name: metadata.name,
      Config: messageToJson(PodSandboxConfig, metadata.config),
      NetNSPath: metadata.netNsPath,
      IP: metadata.ip,
      AdditionalIPs: metadata.additionalIps.length === 0 ? null : metadata.additionalIps,
      RuntimeHandler: metadata.runtimeHandler,
      CNIResult: metadata.cniResult as unknown as JsonObject | null,
      ProcessLabel: '',
    },
  };
}

export function encodeSandboxMetadata(metadata: SandboxMetadata): JsonAny {
  return jsonAny(SANDBOX_METADATA_TYPE, marshal(sandboxMetadataJson(metadata)));
}

export function decodeSandboxMetadata(any: JsonAny): SandboxMetadata {
  const { Metadata: m } = unmarshalJson(any.json) as { Metadata: Record<string, unknown> };
  return {
    id: String(m['ID']),
    name: String(m['Name']),
    config: messageFromJson(PodSandboxConfig, m['Config']),
    netNsPath: String(m['NetNSPath'] ?? ''),
    ip: String(m['IP'] ?? ''),
    additionalIps: (m['AdditionalIPs'] as string[] | null) ?? [],
    runtimeHandler: String(m['RuntimeHandler'] ?? ''),
    cniResult: (m['CNIResult'] as PodNetwork | null) ?? null,
  };
}

export function encodeContainerMetadata(metadata: ContainerMetadata): JsonAny {
  return jsonAny(
    CONTAINER_METADATA_TYPE,
    marshal({
      Version: 'v1',
      Metadata: {
        ID: metadata.id,
        Name: metadata.name,
        SandboxID: metadata.sandboxId,
        Config: messageToJson(ContainerConfig, metadata.config),
        ImageRef: metadata.imageRef,
        LogPath: metadata.logPath,
        StopSignal: metadata.stopSignal,
        ProcessLabel: '',
      },
    }),
  );
}

export function decodeContainerMetadata(any: JsonAny): ContainerMetadata {
  const { Metadata: m } = unmarshalJson(any.json) as { Metadata: Record<string, unknown> };
  return {
    id: String(m['ID']),
    name: String(m['Name']),
    sandboxId: String(m['SandboxID']),
    config: messageFromJson(ContainerConfig, m['Config']),
    imageRef: String(m['ImageRef'] ?? ''),
    logPath: String(m['LogPath'] ?? ''),
    stopSignal: String(m['StopSignal'] ?? ''),
  };
}
