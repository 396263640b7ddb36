/**
 * A container's status: its state follows from its times; it is kept in a file, so that a restarted daemon knows it.
 * @models containerd 2.1 internal/cri/store/container/status.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFile, writeFileAtomic } from '../../../../linux/io.ts';
import { ContainerState, ContainerStateEnum, LinuxContainerResources } from '../../../../protocols/cri/generated.ts';
import { enumName } from '../../../../protocols/proto/message-type.ts';
import { failure, pathFailure, wrap } from '../../shared/errors.ts';
import { marshal, messageFromJson, messageToJson, unmarshalJson } from '../../shared/go-json.ts';
import { type ContainerStatusRecord, UNKNOWN_EXIT_CODE } from './types.ts';

export function newStatus(createdAt: bigint): ContainerStatusRecord {
  return {
    pid: 0,
    createdAt,
    startedAt: 0n,
    finishedAt: 0n,
    exitCode: 0,
    reason: '',
    message: '',
    starting: false,
    removing: false,
    unknown: false,
    resources: null,
  };
}

export function unknownStatus(): ContainerStatusRecord {
  return { ...newStatus(0n), exitCode: UNKNOWN_EXIT_CODE, reason: 'Unknown', unknown: true };
}

export function stateOf(status: ContainerStatusRecord): ContainerState {
  if (status.unknown) return ContainerState.CONTAINER_UNKNOWN;
  if (status.finishedAt !== 0n) return ContainerState.CONTAINER_EXITED;
  if (status.startedAt !== 0n) return ContainerState.CONTAINER_RUNNING;
  return status.createdAt !== 0n ? ContainerState.CONTAINER_CREATED : ContainerState.CONTAINER_UNKNOWN;
}

/** `CONTAINER_RUNNING` */
export function stateName(state: ContainerState): string {
  return enumName(ContainerStateEnum, state) ?? String(state);
}

export async function saveStatus(ctx: Context, directory: string, status: ContainerStatusRecord): Promise<void> {
  const json = {
    Version: 'v1',
    Pid: status.pid,
    CreatedAt: status.createdAt,
    StartedAt: status.startedAt,
    FinishedAt: status.finishedAt,
    ExitCode: status.exitCode,
    Reason: status.reason,
    Message: status.message,
    Resources: status.resources === null ? null : { linux: messageToJson(LinuxContainerResources, status.resources) },
    Restore: false,
  };
  try {
    await writeFileAtomic(ctx, `${directory}/status`, marshal(json), 0o600);
  } catch (error) {
    throw wrap(
      `failed to checkpoint status to "${directory}/status"`,
      pathFailure('open', `${directory}/status`, error),
    );
  }
}

export async function loadStatus(ctx: Context, directory: string): Promise<ContainerStatusRecord> {
  const path = `${directory}/status`;
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw failure(`failed to read status from "${path}": open ${path}: ${error.go}`);
  }
  let json: Record<string, unknown>;
  try {
    json = unmarshalJson(text) as Record<string, unknown>;
  } catch (error) {
    throw wrap(`failed to decode status "${text}"`, error);
  }
  if (json['Version'] !== 'v1') throw failure(`failed to decode status "${text}": unsupported version`);
  const time = (key: string): bigint => BigInt((json[key] as number | bigint | undefined) ?? 0);
  const resources = json['Resources'] as { linux?: unknown } | null | undefined;
  return {
    ...newStatus(time('CreatedAt')),
    pid: Number(json['Pid'] ?? 0),
    startedAt: time('StartedAt'),
    finishedAt: time('FinishedAt'),
    exitCode: Number(json['ExitCode'] ?? 0),
    reason: String(json['Reason'] ?? ''),
    message: String(json['Message'] ?? ''),
    resources: resources?.linux === undefined ? null : messageFromJson(LinuxContainerResources, resources.linux),
  };
}
