import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('wait: for what is made, becomes so, goes; delete waits by the same watch', async () => {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const run = async (line: string): Promise<[string, number]> => {
    const { stdout, stderr, exitCode, virtualMs } = await node.run(line);
    const shown = stderr.replace(/^\[1\].*\n/gm, '').replace(/^I\d{4} .*(loader|envvar).*\n/gm, '');
    return [stdout + shown + (exitCode === 0 ? '' : `= ${exitCode}\n`), Math.round(virtualMs / 1000)];
  };
  const timedOut = (name: string): string => `error: timed out waiting for the condition on ${name}\n= 1\n`;
  expect(await run('kubectl wait --for=delete cm/x')).toEqual(['', 0]);
  expect(await run('kubectl wait --for=create cm/x --timeout=1s')).toEqual([
    'error: timed out waiting for the condition\n= 1\n',
    1,
  ]);
  expect(await run('(sleep 2; kubectl create cm x >/dev/null) & kubectl wait --for=create cm/x')).toEqual([
    'configmap/x condition met\n',
    2,
  ]);
  const path = "--for=jsonpath='{.data.a}'=b";
  expect(
    await run(`(sleep 3; kubectl patch cm x -p '{"data":{"a":"b"}}' >/dev/null) & kubectl wait ${path} cm/x`),
  ).toEqual(['configmap/x condition met\n', 3]);
  expect(
    await run("kubectl wait --for=jsonpath='{.metadata.name}' --for=jsonpath='{.data.a}'=c cm/x --timeout=2s"),
  ).toEqual([`configmap/x condition met\n${timedOut('configmaps/x')}`, 2]);
  expect(await run("kubectl wait --for=jsonpath='{.data}'=c cm/x")).toEqual([
    'error: jsonpath leads to a nested object or list which is not supported\n= 1\n',
    0,
  ]);
  expect(await run("kubectl wait --for=jsonpath='{.data.a}'=c cm/x --timeout=0")).toEqual([
    'error: condition not met for configmaps/x\n= 1\n',
    0,
  ]);
  expect(await run('kubectl wait --for=condition=Ready pod/a pod/b')).toEqual([
    'Error from server (NotFound): pods "a" not found\nError from server (NotFound): pods "b" not found\n= 1\n',
    0,
  ]);
  expect(await run('kubectl wait --for=condition=Ready pods --all')).toEqual([
    'error: no matching resources found\n= 1\n',
    0,
  ]);
  expect(await run('(sleep 2; kubectl delete cm x >/dev/null) & kubectl wait --for=delete cm/x -o name')).toEqual([
    'configmap/x\n',
    2,
  ]);
  // The server goes away meanwhile.
  await node.run('kubectl create cm y');
  expect(await run('(sleep 1; pkill kube-apiserver) & kubectl wait --for=delete cm/y --timeout=8s')).toEqual([
    timedOut('configmaps/y'),
    8,
  ]);
  await node.run('sleep 30; kubectl patch cm y -p \'{"metadata":{"finalizers":["a/b"]}}\'');
  expect(await run('kubectl delete cm y --timeout=1s')).toEqual([
    `configmap "y" deleted from default namespace\n${timedOut('configmaps/y')}`,
    1,
  ]);
  const [told] = await run(
    '(sleep 1; kubectl patch cm y -p \'{"metadata":{"finalizers":null}}\' >/dev/null) & kubectl delete cm y -v=6',
  );
  expect(
    [...told.matchAll(/verb="(\w+)" url="https:\/\/[^/]*([^"]*)"/g)].map(([, verb, url = '']) => `${verb} ${url}`),
  ).toEqual([
    'DELETE /api/v1/namespaces/default/configmaps/y',
    'GET /api/v1/namespaces/default/configmaps/y',
    expect.stringMatching(
      /^GET \/api\/v1\/namespaces\/default\/configmaps\?allowWatchBookmarks=true&fieldSelector=metadata\.name%3Dy&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&timeoutSeconds=[345]\d\d&watch=true$/,
    ),
  ]);
});
