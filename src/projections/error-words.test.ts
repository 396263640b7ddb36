/** Whose words the messages of real failures are, on real nodes. */
import { expect, test } from 'vitest';
import type { ScenarioName } from '../machine/scenarios/index.ts';
import { boot } from '../testing/boot.ts';
import { errorWords, saysError } from './error-words.ts';
import { TraceIndex } from './trace-index.ts';

const POD = '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}';
const CONTAINER = '{"metadata":{"name":"c"},"image":{"image":"busybox"},"command":["nosuch"],"linux":{}}';

type Said = { line: string; words: [by: string, before: string, after?: string][]; index: TraceIndex };

/** The last line that `lines` printed and `wanted` is in, and who said what of it. */
async function saidOf(scenario: ScenarioName, lines: readonly string[], wanted: string): Promise<Said> {
  const node = await boot({ scenario });
  let printed = '';
  for (const line of lines) {
    const { stdout, stderr } = await node.run(line);
    printed += stdout + stderr;
  }
  const index = new TraceIndex();
  index.append(node.machine.trace.events);
  const line = printed.split('\n').findLast((one) => one.includes(wanted)) ?? '';
  const words = errorWords(index, line, Number.POSITIVE_INFINITY).map(({ before, after, span, isStatus }) => {
    const by = isStatus ? 'gRPC' : span === null ? 'the line' : `${span.layer} ${span.name}`;
    return (after === '' ? [by, before] : [by, before, after]) as [string, string, string?];
  });
  return { line, words, index };
}

test('each hop of the long message of runc', async () => {
  const { line, words, index } = await saidOf(
    'bare',
    [
      `echo '${POD}' > pod.json; echo '${CONTAINER}' > ctr.json; crictl pull busybox`,
      'CTR=$(crictl create $(crictl runp pod.json) ctr.json pod.json)',
      'crictl start $CTR',
    ],
    'level=fatal',
  );
  const id = /starting the container \\"(\w+)/.exec(line)?.[1] as string;
  const time = /time="([^"]+)"/.exec(line)?.[1];
  expect(words).toEqual([
    ['the line', `time="${time}" level=fatal msg="starting the container "${id}": `, '"'],
    ['gRPC', 'rpc error: code = Unknown desc = '],
    ['cri-runtime StartContainer', 'failed to create containerd task: '],
    ['cri-runtime NewTask', 'failed to create shim task: '],
    ['shim Create', 'OCI runtime create failed: '],
    ['oci-runtime runc create', 'runc create failed: '],
    [
      `oci-runtime start init of ${id.slice(0, 13)}`,
      'unable to start container process: error during container init: exec: "nosuch": executable file not found in $PATH',
    ],
  ]);
  expect(saysError(index, line)).toBe(true);
  // Words that nobody failed with are nobody's; nor are those of a failure that has not yet happened.
  expect(errorWords(index, 'bash: nosuch: command not found', Number.POSITIVE_INFINITY)).toEqual([]);
  expect(errorWords(index, line, 10)).toEqual([]);
});

test("the API server's words at kubectl", async () => {
  const { words } = await saidOf('containerd', ['kubectl get pod nosuch'], 'NotFound');
  expect(words).toEqual([
    ['the line', 'Error from server (NotFound): '],
    ['control-plane GET /api/v1/namespaces/default/pods/nosuch', 'pods "nosuch" not found'],
  ]);
});

test('an event of the kubelet quotes CRI-O, which quotes crun', async () => {
  const { words } = await saidOf(
    'crio',
    ['kubectl run a --image=busybox --command nosuch; sleep 8', 'kubectl describe pod a | tail -n 1'],
    'Failed',
  );
  expect(words.map(([by, before]) => [by, before.replace(/.*kubelet +/, '')])).toEqual([
    ['the line', 'spec.containers{a}: Error: '],
    ['cri-runtime CreateContainer', 'container create failed: '],
    ['oci-runtime fork init', 'executable file `nosuch` not found in $PATH: No such file or directory'],
  ]);
});
