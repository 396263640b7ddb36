import { expect, it } from 'vitest';
import { boot } from '../testing/boot.ts';
import { stepInPast } from './steps.ts';
import { TraceIndex } from './trace-index.ts';

it('steps by event, to the end of what is under way, and into the next layer', async () => {
  const node = await boot({ seed: 1 });
  const from = node.machine.trace.nextSeq;
  await node.run('crictl images');
  const { events } = node.machine.trace;
  const index = new TraceIndex();
  index.append(events);
  const request = events.findIndex(
    (e) => e.seq >= from && e.kind === 'rpc.request' && e.method.endsWith('/ListImages'),
  );
  const span = events.find((e) => e.kind === 'span.start' && e.id === events[request]?.span);
  expect(span?.seq).toBeLessThan(request);
  expect(stepInPast('event', events, index, request)).toBe(request + 1);

  // In the call it ends with the call, or with what is under way within it.
  const end = stepInPast('span', events, index, request + 1);
  expect(events[end - 1]).toMatchObject({ kind: 'span.end', id: events[request]?.span });
  const around = stepInPast('span', events, index, end);
  expect(around).toBeGreaterThan(end);
  const outer = events[around - 1];
  expect(outer?.kind === 'span.end' && index.within(events[request]?.span ?? 0, outer.id)).toBe(true);

  // From the program that calls, over all that it does itself, to whom it calls.
  const layers: string[] = [];
  for (let at = from; at < events.length; ) {
    at = stepInPast('layer', events, index, at);
    const event = events[at - 1];
    if (event?.kind === 'span.start') layers.push(`${event.layer}: ${event.name}`);
  }
  expect(layers).toEqual([
    'cri: /runtime.v1.ImageService/ImageFsInfo',
    'cri-runtime: ImageFsInfo',
    'cri: /runtime.v1.ImageService/ListImages',
    'cri-runtime: ListImages',
  ]);
  expect(stepInPast('layer', events, index, events.length)).toBe(events.length);
});
