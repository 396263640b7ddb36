import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';
import { mountTarget } from './fold.ts';
import { History } from './history.ts';

test('a mount namespace that was copied has the mounts that its own mountinfo lists', async () => {
  const { machine, run } = await boot({ scenario: 'bare' });
  const { stdout } = await run(
    'mkdir -p /m/a; mount -t tmpfs t /m; mkdir /m/a; mount -t tmpfs u /m/a; unshare -m sleep 1000 & sleep 1; ' +
      'umount /m/a; readlink /proc/$!/ns/mnt; cat /proc/$!/mountinfo',
  );
  const [namespace = '', ...lines] = stdout.trim().split('\n');
  const listed = lines.map((line) => line.split(' ')).map(([id, parent, , , at]) => `${id} ${parent} ${at}`);
  expect(listed.some((line) => line.endsWith(' /m/a'))).toBe(true);
  const history = new History();
  history.append(machine.trace.since(0));
  const view = history.live;
  const seen = [...view.mounts.values()]
    .filter((mount) => `mnt:[${mount.namespace}]` === namespace)
    .map((mount) => ({ ...mount, line: `${mount.id} ${mount.parent ?? ''} ${mountTarget(view, mount)}` }));
  const withParent = (line: string): boolean => !/^\d+ \d+ \/$/.test(line);
  expect(seen.filter(({ parent }) => parent !== null).map(({ line }) => line)).toEqual(listed.filter(withParent));
  expect(seen.length).toBe(listed.length);
});
