import { expect, test } from 'vitest';
import { threeWayPatch } from './merge-patch.ts';

const container = (extra: object) => ({ name: 'a', image: 'x', ...extra });

test('defaults of the server are left alone, what the manifest dropped goes', () => {
  const original = { spec: { containers: [container({}), { name: 'b' }], nodeSelector: { a: '1' } } };
  const current = {
    spec: {
      containers: [container({ imagePullPolicy: 'Always' }), { name: 'b' }],
      nodeSelector: { a: '1' },
      host: 'n',
    },
  };
  expect(threeWayPatch(original, original, current)).toEqual({});
  expect(threeWayPatch(original, { spec: { containers: [container({ image: 'y' })] } }, current)).toEqual({
    spec: {
      containers: [
        { name: 'a', image: 'y' },
        { name: 'b', $patch: 'delete' },
      ],
      nodeSelector: null,
    },
  });
});
