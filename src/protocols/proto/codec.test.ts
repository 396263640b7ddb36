import fc from 'fast-check';
import type { Root, Type } from 'protobufjs';
import { describe, expect, it } from 'vitest';
import * as cgroups from '../cgroups/v2/generated.ts';
import * as shim from '../containerd/runtime/task/v3/generated.ts';
import * as containers from '../containerd/services/containers/v1/generated.ts';
import * as content from '../containerd/services/content/v1/generated.ts';
import * as images from '../containerd/services/images/v1/generated.ts';
import * as tasks from '../containerd/services/tasks/v1/generated.ts';
import * as cri from '../cri/generated.ts';
import { loadRoot } from '../generate/generate.mjs';
import * as ttrpc from '../ttrpc/generated.ts';
import type { Field, MessageType } from './message-type.ts';
import { isEnumType, isMessageType, unknownFields } from './message-type.ts';

const root: Root = loadRoot();
const modules = [cgroups, cri, content, containers, tasks, shim, images, ttrpc];
const messageTypes = modules
  .flatMap((module) => Object.values(module) as unknown[])
  .filter((item): item is MessageType<unknown> => typeof item === 'object' && item !== null && 'compiled' in item);

// Without the key __proto__, which protobufjs loses; ours is tested below.
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 400 }));

function arbitraryMessage(type: MessageType<unknown>, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of type.fields) {
    if (depth > 3 && isMessageType(field.type)) continue;
    model[field.jsonName] = arbitraryField(field, depth);
  }
  return fc.record(model, { requiredKeys: [] });
}

function arbitraryField(field: Field, depth: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field, depth);
  if (field.cardinality === 'repeated') return fc.array(value, { maxLength: 3 });
  if (field.cardinality === 'map')
    return fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      value,
      { maxKeys: 3 },
    );
  return value;
}

function arbitraryValue({ type }: Field, depth: number): fc.Arbitrary<unknown> {
  if (isMessageType(type)) return arbitraryMessage(type, depth + 1);
  if (isEnumType(type)) return fc.constantFrom(...Object.values(type.values));
  switch (type) {
    case 'string':
      return text;
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 });
    case 'bool':
      return fc.boolean();
    case 'int32':
    case 'sint32':
    case 'sfixed32':
      return fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 127, 128, 16384, -0x80000000, 0x7fffffff));
    case 'uint32':
    case 'fixed32':
      return fc.oneof(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.constantFrom(127, 128, 0x1fffff, 0x200000, 0xffffffff),
      );
    case 'int64':
    case 'sint64':
    case 'sfixed64':
      return fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.constantFrom(-1n, 2n ** 53n + 1n, 2n ** 32n),
      );
    case 'uint64':
    case 'fixed64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    default:
      return fc.double({ noNaN: true });
  }
}

/** What protobufjs made of our bytes, with its Longs as bigints, for comparison with our own decoder's result. */
function oracleDecode(type: Type, bytes: Uint8Array): unknown {
  return type.toObject(type.decode(bytes), {
    longs: String,
    bytes: Array,
    defaults: true,
    arrays: true,
    objects: true,
  });
}

function plain(type: MessageType<unknown>, value: unknown): unknown {
  const source = value as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const field of type.fields) {
    const item = source[field.jsonName];
    const convert = (one: unknown): unknown => {
      if (one === undefined) return null;
      if (isMessageType(field.type)) return plain(field.type, one);
      if (typeof one === 'bigint') return String(one);
      return one instanceof Uint8Array ? [...one] : one;
    };
    if (field.cardinality === 'repeated') result[field.name] = (item as unknown[]).map(convert);
    else if (field.cardinality === 'map') {
      result[field.name] = Object.fromEntries(Object.entries(item as object).map(([key, one]) => [key, convert(one)]));
    } else if (!(field.cardinality === 'optional' && item === undefined)) result[field.name] = convert(item);
  }
  return result;
}

describe('codec against protobufjs', () => {
  it('sees every message', () => {
    expect(messageTypes.length).toBeGreaterThan(250);
    for (const type of messageTypes) expect(root.lookupType(type.typeName).fieldsArray.length).toBe(type.fields.length);
  });

  it('round-trips random messages through both', () => {
    const pick = messageTypes.map((type) => arbitraryMessage(type, 0).map((value) => ({ type, value })));
    fc.assert(
      fc.property(fc.oneof(...pick), ({ type, value }) => {
        const bytes = type.encode(value).slice();
        const oracle = root.lookupType(type.typeName);
        const decoded = type.decode(bytes);
        expect(plain(type, decoded)).toEqual(oracleDecode(oracle, bytes));
        const theirs = oracle.encode(oracle.decode(bytes)).finish();
        expect(type.decode(Uint8Array.from(theirs))).toEqual(decoded);
        expect(type.encode(type.create(value))).toEqual(bytes);
      }),
      { numRuns: 1500, seed: 1 },
    );
  });
});

describe('decode', () => {
  it('gives zero values for what is absent and keeps 64 bit integers exact', () => {
    const bytes = cri.ContainerStatus.encode({ id: 'a', createdAt: 1795454734041684861n });
    const status = cri.ContainerStatus.decode(bytes);
    expect(status.createdAt).toBe(1795454734041684861n);
    expect(status.state).toBe(cri.ContainerState.CONTAINER_CREATED);
    expect(status.metadata).toBeUndefined();
    expect(status.mounts).toEqual([]);
    expect(status.labels['constructor']).toBeUndefined();
  });

  it('keeps a label called __proto__', () => {
    const { labels } = cri.Container.decode(cri.Container.encode({ labels: JSON.parse('{"__proto__":"x"}') }));
    expect(Object.entries(labels)).toEqual([['__proto__', 'x']]);
  });

  it('keeps fields it does not know', () => {
    const newer = cri.Container.encode({ id: 'a', podSandboxId: 'b', createdAt: 7n, labels: { x: 'y' } });
    const older = cri.RemovePodSandboxRequest.decode(newer);
    expect(older.podSandboxId).toBe('a');
    expect((older as { [unknownFields]?: Uint8Array })[unknownFields]).toBeDefined();
    expect(cri.Container.decode(cri.RemovePodSandboxRequest.encode(older))).toEqual(cri.Container.decode(newer));
  });

  it('refuses damaged bytes in words of Go', () => {
    for (const bytes of [[10], [10, 5, 65], [8], [0, 0], [11], [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]]) {
      expect(() => cri.Container.decode(Uint8Array.from(bytes))).toThrow(
        'proto: cannot parse invalid wire-format data',
      );
    }
    expect(() => cri.Container.decode(Uint8Array.of(10, 1, 0xff))).toThrow('string field contains invalid UTF-8');
  });

  it('survives random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...messageTypes), (bytes, type) => {
        try {
          type.decode(bytes);
        } catch (error) {
          expect((error as Error).name).toBe('ProtoError');
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe('encode', () => {
  it('writes fields in ascending order of their numbers, as Go does', () => {
    const bytes = cri.LinuxSandboxSecurityContext.encode({
      runAsGroup: { value: 1n },
      readonlyRootfs: true,
      privileged: true,
    });
    expect([...bytes]).toEqual([32, 1, 48, 1, 66, 2, 8, 1]);
  });

  it('does not touch earlier results', () => {
    const first = cri.VersionRequest.encode({ version: 'v1' });
    const before = [...first];
    for (let round = 0; round < 5000; round++) cri.VersionRequest.encode({ version: `v${round}` });
    expect([...first]).toEqual(before);
  });

  it('refuses numbers that do not fit', () => {
    expect(() => cri.PortMapping.encode({ hostPort: 1.5 })).toThrow('field hostPort: 1.5 is not an integer');
    expect(() => cri.Container.encode({ createdAt: 2 ** 60 })).toThrow('pass a bigint');
    expect([...cri.VersionRequest.encode({ version: 'v' })]).toEqual([10, 1, 118]);
  });

  it('writes messages larger than a chunk', () => {
    const stdout = new Uint8Array(300_000).fill(7);
    const reply = cri.ExecSyncResponse.decode(cri.ExecSyncResponse.encode({ stdout, stderr: stdout, exitCode: -1 }));
    expect(reply.stdout.length).toBe(300_000);
    expect(reply.stdout.every((byte) => byte === 7)).toBe(true);
    expect(reply.exitCode).toBe(-1);
  });
});
