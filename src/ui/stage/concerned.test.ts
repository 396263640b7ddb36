import { expect, it } from 'vitest';
import type { CommandView, NodeView, ProcessView } from '../../projections/node-view.ts';
import type { PodRoom } from '../../projections/rooms.ts';
import { concern } from './concerned.ts';
import { arrange } from './scene-columns.ts';

function pod(number: number): PodRoom {
  const containers = [{ id: `c0ffee${number}`, seq: number, processes: [], sandbox: false, name: 'app' }];
  return {
    ...{ id: `abcd${number}`, name: `web-${number}`, kubeNamespace: 'default', pod: true, ready: true, guest: null },
    ...{ address: '', support: [], guestProcesses: [], net: null, cgroup: '', seq: number },
    containers: containers as unknown as PodRoom['containers'],
  };
}

const pods = Array.from({ length: 30 }, (_, i) => pod(i));

/** Who stands apart, and who is named first among the others, after a line that was typed at event `startSeq`. */
function drawn(line: string, startSeq = 100, processes: ProcessView[] = []) {
  const command: CommandView = { command: 1, line, startSeq, running: false, exitCode: 0 };
  const view = { command } as NodeView;
  const columns = arrange(pods, 0, 1100, undefined, concern(view, processes));
  const apart = columns.flatMap((column) => (column.kind === 'pod' ? [column.pod.name] : []));
  const others = columns.flatMap((column) => (column.kind === 'group' ? column.pods : []));
  expect(apart.length + others.length).toBe(30);
  return { apart, first: others[0]?.name };
}

it('the newest stand apart; before them those that the line names, by name or by the beginning of an id', () => {
  const newest = ['web-23', 'web-24', 'web-25', 'web-26', 'web-27', 'web-28', 'web-29'];
  expect(drawn('kubectl get pods').apart).toEqual(newest);
  expect(drawn('kubectl exec web-3 -- ls').apart).toEqual(['web-3', ...newest.slice(1)]);
  expect(drawn('kubectl logs pod/web-3').apart[0]).toBe('web-3');
  expect(drawn('crictl inspectp abcd7').apart[0]).toBe('web-7');
  expect(drawn('crictl stop c0ffee11').apart[0]).toBe('web-11');
});

it('then those of which somebody has come or gone since', () => {
  const shim = { argv: ['containerd-shim-runc-v2', '-id', 'abcd5'], startSeq: 4, exitSeq: 105 };
  expect(drawn('pkill shim', 100, [shim as unknown as ProcessView]).apart[0]).toBe('web-5');
});

it('more than stand apart come first among the others', () => {
  expect(drawn('kubectl delete pod web-1 web-2 web-3 web-4 web-5 web-6 web-7 web-8').first).toBe('web-1');
});
