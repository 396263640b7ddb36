/**
 * What etcdctl writes, in each of its forms.
 * @models etcd 3.6 etcdctl/ctlv3/command printer*.go
 * @fidelity partial: keys and values are text (UTF-8)
 */
import { asciiTable } from '../../go/ascii-table.ts';
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { quote } from '../../go/quote.ts';
import { humanizeBytes } from '../../go/units.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import type {
  HashKVResponse,
  MemberListResponse,
  ResponseHeader,
  StatusResponse,
} from '../../protocols/etcd/etcdserverpb/generated.ts';
import type { KeyValue } from '../../protocols/etcd/mvccpb/generated.ts';
import type { MessageType } from '../../protocols/proto/message-type.ts';
import { EXIT, Exit } from './exit.ts';
import { messageJson } from './message-json.ts';
import type { EtcdctlRelease } from './release.ts';

const FORMATS = ['simple', 'fields', 'json', 'protobuf', 'table'] as const;
export type Format = (typeof FORMATS)[number];

export function isFormat(text: string): text is Format {
  return (FORMATS as readonly string[]).includes(text);
}

export type Health = { endpoint: string; health: boolean; took: string; error?: string };
export type EndpointStatus = { endpoint: string; status: StatusResponse };
export type EndpointHash = { endpoint: string; hash: HashKVResponse };

/** The lines of each form that an answer has by itself. */
export type Forms = { simple?: () => string; fields?: () => string; table?: () => string };

export class Printer {
  readonly format: Format;
  private readonly isHex: boolean;
  private readonly isOld: boolean;
  valueOnly = false;

  constructor(format: Format, isHex: boolean, { isOld }: EtcdctlRelease) {
    this.format = format;
    this.isHex = isHex;
    this.isOld = isOld;
  }

  /** An answer of etcd: json and protobuf follow from its type. */
  async answer<T>(ctx: Context, type: MessageType<T>, message: T, forms: Forms): Promise<void> {
    if (this.format === 'json') return print(ctx, `${marshalJson(messageJson(type, message))}\n`);
    if (this.format === 'protobuf') return print(ctx, type.encode(message as never));
    await this.text(ctx, forms);
  }

  /** An answer that Go's client gives another shape in JSON. */
  async shaped<T>(ctx: Context, type: MessageType<T>, message: T, json: JsonValue, forms: Forms): Promise<void> {
    if (this.format === 'json') return print(ctx, `${marshalJson(json)}\n`);
    // The printer for protobuf takes only what protoc has made.
    if (this.format === 'protobuf') return print(ctx, type.encode(message as never));
    await this.text(ctx, forms);
  }

  leaseId(id: bigint): string {
    return this.isHex && !this.isOld ? id.toString(16).padStart(16, '0') : String(BigInt.asIntN(64, id));
  }

  /** What etcdctl itself puts together of several answers. */
  async list(ctx: Context, json: JsonValue, forms: Forms): Promise<void> {
    if (this.format === 'json') return print(ctx, `${marshalJson(json)}\n`);
    await this.text(ctx, forms);
  }

  private async text(ctx: Context, forms: Forms): Promise<void> {
    const { format } = this;
    const form = format === 'json' || format === 'protobuf' ? undefined : forms[format];
    if (form === undefined) throw new Exit(EXIT.badFeature, `${format} not supported as output format`);
    await print(ctx, form());
  }

  kv({ key, value }: KeyValue): string {
    const shown = (bytes: Uint8Array): string => (this.isHex ? hexBytes(bytes) : utf8(bytes));
    return `${this.valueOnly ? '' : `${shown(key)}\n`}${shown(value)}\n`;
  }

  kvFields(kv: KeyValue, prefix = ''): string {
    return `"${prefix}Key" : ${quote(utf8(kv.key))}
"${prefix}CreateRevision" : ${kv.createRevision}
"${prefix}ModRevision" : ${kv.modRevision}
"${prefix}Version" : ${kv.version}
"${prefix}Value" : ${quote(utf8(kv.value))}
"${prefix}Lease" : ${this.leaseId(kv.lease)}
`;
  }

  header(header: ResponseHeader | undefined): string {
    const { clusterId = 0n, memberId = 0n, revision = 0n, raftTerm = 0n } = header ?? {};
    // Not every answer has a revision; 3.5 says so with a nought.
    const revisionLine = revision > 0n || this.isOld ? `"Revision" : ${revision}\n` : '';
    return `"ClusterID" : ${this.id(clusterId)}\n"MemberID" : ${this.id(memberId)}\n${revisionLine}"RaftTerm" : ${raftTerm}\n`;
  }

  id(id: bigint): string {
    return this.isHex && !this.isOld ? id.toString(16) : String(id);
  }

  async members(ctx: Context, type: MessageType<MemberListResponse>, list: MemberListResponse): Promise<void> {
    const header = ['ID', 'Status', 'Name', 'Peer Addrs', 'Client Addrs', 'Is Learner'];
    const rows = list.members.map(({ ID, name, peerURLs, clientURLs, isLearner }) => [
      ID.toString(16),
      name === '' ? 'unstarted' : 'started',
      name,
      peerURLs.join(','),
      clientURLs.join(','),
      String(isLearner),
    ]);
    if (this.format === 'json' && this.isHex) return print(ctx, `${marshalJson(this.hexMembers(list))}\n`);
    await this.answer(ctx, type, list, {
      simple: () => simpleRows(rows),
      table: () => asciiTable(header, rows),
      fields: () =>
        this.header(list.header) +
        list.members
          .map(
            ({ ID, name, peerURLs, clientURLs, isLearner }) =>
              `"ID" : ${this.id(ID)}\n"Name" : ${quote(name)}\n` +
              peerURLs.map((url) => `"PeerURL" : ${quote(url)}\n`).join('') +
              clientURLs.map((url) => `"ClientURL" : ${quote(url)}\n`).join('') +
              `"IsLearner" : ${isLearner}\n\n`,
          )
          .join(''),
    });
  }

  private hexMembers({ header, members }: MemberListResponse): JsonValue {
    const hex = (id: bigint | undefined): string => (id ?? 0n).toString(16);
    return {
      header: {
        cluster_id: hex(header?.clusterId),
        member_id: hex(header?.memberId),
        raft_term: header?.raftTerm ?? 0n,
      },
      members: members.map(({ ID, name, peerURLs, clientURLs }) => ({
        ID: hex(ID),
        name,
        peerURLs,
        [this.isOld ? 'clientURLS' : 'clientURLs']: clientURLs,
      })),
    };
  }

  async health(ctx: Context, list: readonly Health[], tell: (text: string) => Promise<void>): Promise<void> {
    const header = ['endpoint', 'health', 'took', 'error'];
    const rows = list.map(({ endpoint, health, took, error }) => [endpoint, String(health), took, error ?? '']);
    if (this.format === 'simple') {
      for (const { endpoint, took, error } of list) {
        if (error === undefined)
          await print(ctx, `${endpoint} is healthy: successfully committed proposal: took = ${took}\n`);
        else await tell(`${endpoint} is unhealthy: failed to commit proposal: ${error}\n`);
      }
      return;
    }
    await this.list(ctx, list, {
      table: () => asciiTable(header, rows),
      fields: () =>
        list
          .map(
            ({ endpoint, health, took, error }) =>
              `"Endpoint" : ${quote(endpoint)}\n"Health" : ${health}\n"Took" : ${took}\n"Error" : ${error ?? ''}\n\n`,
          )
          .join(''),
    });
  }

  async status(ctx: Context, type: MessageType<StatusResponse>, list: readonly EndpointStatus[]): Promise<void> {
    const rows = list.map((one) => this.statusRow(one));
    const header = this.isOld ? STATUS_35 : STATUS_36;
    const json = list.map(({ endpoint, status }) => ({ Endpoint: endpoint, Status: messageJson(type, status) }));
    await this.list(ctx, list.length === 0 ? null : json, {
      simple: () => simpleRows(rows),
      table: () => asciiTable(header, rows),
      fields: () => list.map((one) => this.statusFields(one)).join(''),
    });
  }

  private statusRow({ endpoint, status }: EndpointStatus): string[] {
    const { header, version, dbSize, dbSizeInUse } = status;
    const unused = dbSize === 0n ? 0n : 100n - (dbSizeInUse * 100n) / dbSize;
    const added = [humanizeBytes(Number(dbSizeInUse)), `${unused}%`, humanizeBytes(Number(status.dbSizeQuota))];
    return [
      endpoint,
      (header?.memberId ?? 0n).toString(16),
      version,
      ...(this.isOld ? [] : [status.storageVersion]),
      humanizeBytes(Number(dbSize)),
      ...(this.isOld ? [] : added),
      String(status.leader === header?.memberId),
      String(status.isLearner),
      String(status.raftTerm),
      String(status.raftIndex),
      String(status.raftAppliedIndex),
      status.errors.join(', '),
      ...(this.isOld
        ? []
        : [status.downgradeInfo?.targetVersion ?? '', String(status.downgradeInfo?.enabled ?? false)]),
    ];
  }

  private statusFields({ endpoint, status }: EndpointStatus): string {
    const { isOld } = this;
    const lines: (string | false)[] = [
      `"Version" : ${quote(status.version)}`,
      !isOld && `"StorageVersion" : ${quote(status.storageVersion)}`,
      `"DBSize" : ${status.dbSize}`,
      !isOld && `"DBSizeInUse" : ${status.dbSizeInUse}`,
      !isOld && `"DBSizeQuota" : ${status.dbSizeQuota}`,
      `"Leader" : ${status.leader}`,
      `"IsLearner" : ${status.isLearner}`,
      `"RaftIndex" : ${status.raftIndex}`,
      `"RaftTerm" : ${status.raftTerm}`,
      `"RaftAppliedIndex" : ${status.raftAppliedIndex}`,
      `"Errors" : [${status.errors.join(' ')}]`,
      `"Endpoint" : ${quote(endpoint)}`,
      !isOld && `"DowngradeTargetVersion" : ${quote(status.downgradeInfo?.targetVersion ?? '')}`,
      !isOld && `"DowngradeEnabled" : ${status.downgradeInfo?.enabled ?? false}`,
    ];
    return `${this.header(status.header)}${lines.filter((line) => line !== false).join('\n')}\n\n`;
  }

  async hashes(ctx: Context, type: MessageType<HashKVResponse>, list: readonly EndpointHash[]): Promise<void> {
    const revision = (hash: HashKVResponse): string[] => (this.isOld ? [] : [String(hash.hashRevision)]);
    const rows = list.map(({ endpoint, hash }) => [endpoint, String(hash.hash), ...revision(hash)]);
    const header = ['endpoint', 'hash', ...(this.isOld ? [] : ['hash_revision'])];
    const json = list.map(({ endpoint, hash }) => ({ Endpoint: endpoint, HashKV: messageJson(type, hash) }));
    await this.list(ctx, list.length === 0 ? null : json, {
      simple: () => simpleRows(rows),
      table: () => asciiTable(header, rows),
      fields: () =>
        list
          .map(
            ({ endpoint, hash }) =>
              `${this.header(hash.header)}"Endpoint" : ${quote(endpoint)}\n"Hash" : ${hash.hash}\n` +
              `${this.isOld ? '' : `"HashRevision" : ${hash.hashRevision}\n`}\n`,
          )
          .join(''),
    });
  }
}

const STATUS_35 = [
  'endpoint',
  'ID',
  'version',
  'db size',
  'is leader',
  'is learner',
  'raft term',
  'raft index',
  'raft applied index',
  'errors',
];

const STATUS_36 = [
  ...['endpoint', 'ID', 'version', 'storage version', 'db size', 'in use', 'percentage not in use', 'quota'],
  ...['is leader', 'is learner', 'raft term', 'raft index', 'raft applied index', 'errors'],
  ...['downgrade target version', 'downgrade enabled'],
];

function simpleRows(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.join(', ')}\n`).join('');
}

function hexBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
