import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Container, ListContainersResponse, VersionResponse } from '../cri/generated.ts';
import { encodeOnce, recurring } from './recurring.ts';

const container = (id: string, state: 0 | 1 | 2 = 1) => ({ id, state, labels: { app: `of ${id}` }, createdAt: 5n });

describe('encodeOnce', () => {
  it('is written where the message would be', () => {
    const one = { ...container('a'), metadata: { name: 'x'.repeat(3000), attempt: 2 } };
    expect(ListContainersResponse.encode({ containers: [encodeOnce(Container, one), container('b')] })).toEqual(
      ListContainersResponse.encode({ containers: [one, container('b')] }),
    );
  });
});

describe('recurring', () => {
  it('gives the same message for the same bytes, and the same entries around a change', () => {
    const type = recurring(ListContainersResponse);
    const list = (...containers: ReturnType<typeof container>[]) =>
      type.decode(ListContainersResponse.encode({ containers }));
    const first = list(container('a'), container('b'), container('c'));
    expect(list(container('a'), container('b'), container('c'))).toBe(first);
    const changed = list(container('a'), container('b', 2), container('c'), container('d'));
    expect(changed).not.toBe(first);
    expect(changed.containers[0]).toBe(first.containers[0]);
    expect(changed.containers[1]?.state).toBe(2);
    expect(changed.containers[2]).toBe(first.containers[2]);
    const fewer = list(container('c'), container('d'));
    expect(fewer.containers.map(({ id }) => id)).toEqual(['c', 'd']);
    expect(fewer.containers[0]).toBe(first.containers[2]);
    expect(list().containers).toEqual([]);
  });

  it('decodes as the type itself does, whatever came before', () => {
    const lists = fc.array(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom(0 as const, 1 as const, 2 as const)), {
        maxLength: 12,
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(lists, (rounds) => {
        const type = recurring(ListContainersResponse);
        for (const round of rounds) {
          const bytes = ListContainersResponse.encode({ containers: round.map(([id, state]) => container(id, state)) });
          expect(type.decode(bytes)).toEqual(ListContainersResponse.decode(bytes));
        }
      }),
    );
  });

  it('refuses and keeps what the type itself refuses and keeps', () => {
    const type = recurring(ListContainersResponse);
    const good = ListContainersResponse.encode({ containers: [container('a')] });
    type.decode(good);
    expect(() => type.decode(good.subarray(0, good.length - 1))).toThrow();
    expect(() => type.decode(Uint8Array.of(10, 255, 255, 255, 255, 255, 1))).toThrow();
    const strange = Uint8Array.of(...good, 0x7a, 1, 65);
    expect(type.decode(strange)).toEqual(ListContainersResponse.decode(strange));
    expect(recurring(VersionResponse).decode(VersionResponse.encode({ version: '1' })).version).toBe('1');
  });
});
