import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

/** Klog's time and pid differ from run to run. */
const plain = (text: string): string => text.replace(/^E\d{4} [\d:.]+ +\d+ /gm, 'E ');

const REFUSED = 'The connection to the server localhost:8080 was refused - did you specify the right host or port?\n';
const MEMCACHE =
  'E memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list: Get \\"http://localhost:8080/api?timeout=32s\\": dial tcp 127.0.0.1:8080: connect: connection refused"\n';

test('without a cluster', async () => {
  const node = await boot({ seed: 1 });
  const run = async (line: string): Promise<[string, string, number]> => {
    const { stdout, stderr, exitCode } = await node.run(line);
    return [stdout, plain(stderr), exitCode];
  };
  expect(await run('kubectl version --client')).toEqual([
    'Client Version: v1.36.4\nKustomize Version: v5.8.1\n',
    '',
    0,
  ]);
  expect(await run('kubectl version')).toEqual(['Client Version: v1.36.4\nKustomize Version: v5.8.1\n', REFUSED, 1]);
  expect(await run('kubectl get pods')).toEqual(['', MEMCACHE.repeat(5) + REFUSED, 1]);
  expect(await run('kubectl gte pods')).toEqual([
    '',
    'error: unknown command "gte" for "kubectl"\n\nDid you mean this?\n\tget\n',
    1,
  ]);
  expect(await run('kubectl get pods --bogus')).toEqual([
    '',
    "error: unknown flag: --bogus\nSee 'kubectl get --help' for usage.\n",
    1,
  ]);
  expect(await run('kubectl get pods --context nosuch')).toEqual([
    '',
    'Error in configuration: context was not found for specified context: nosuch\n',
    1,
  ]);
  expect(await run('kubectl get pods --kubeconfig /nosuch')).toEqual([
    '',
    'error: stat /nosuch: no such file or directory\n',
    1,
  ]);
  expect(await run('kubectl get')).toEqual([
    '',
    `You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples
`,
    1,
  ]);
});
