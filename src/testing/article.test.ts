import { describe, expect, test } from 'vitest';
import { article, isShown } from './article.ts';
import { type BootedNode, boot } from './boot.ts';

describe.each(article)('the article, $title', ({ scenario, blocks }) => {
  test('typed as printed and as repaired', async () => {
    const node = await boot({ scenario });
    for (const { title, lines, shows, hides = [] } of blocks) {
      let output = '';
      for (const line of lines) {
        const { stdout, stderr } = await node.run(line);
        output += stdout + stderr;
      }
      for (const wanted of shows) expect(isShown(output, wanted), `${title}: ${String(wanted)}\n${output}`).toBe(true);
      for (const unwanted of hides)
        expect(isShown(output, unwanted), `${title}: not ${String(unwanted)}\n${output}`).toBe(false);
    }
  });
});

/** What registries were asked for since an event of the trace, manifests only. */
function manifestRequests(node: BootedNode, since: number): string[] {
  return node.machine.trace.events.flatMap((event) =>
    event.seq >= since && event.kind === 'rpc.request' && /^(GET|HEAD) .*\/manifests\//.test(event.method)
      ? [event.method.replace(/sha256:[0-9a-f]+/, 'DIGEST')]
      : [],
  );
}

test('the pull policies are told apart by what the registry is asked', async () => {
  const node = await boot({ scenario: 'containerd' });
  const asked: Record<string, string[]> = {};
  for (const policy of ['IfNotPresent', 'IfNotPresent', 'Always', 'Never']) {
    const since = node.machine.trace.nextSeq;
    const name = `p${Object.keys(asked).length}`;
    await node.run(`kubectl run ${name} --image=nginx:alpine --image-pull-policy=${policy}`);
    const { stdout } = await node.run(`kubectl wait --for=condition=Ready pod/${name} --timeout=60s`);
    expect(stdout).toContain('condition met');
    asked[`${name} ${policy}`] = manifestRequests(node, since);
  }
  const head = 'HEAD /v2/library/nginx/manifests/alpine';
  const get = 'GET /v2/library/nginx/manifests/DIGEST';
  expect(asked).toEqual({
    // Asked without a token first; then the index and the manifest for this platform.
    'p0 IfNotPresent': [head, head, get, get],
    'p1 IfNotPresent': [],
    // The tag is resolved again; what it stands for is here, so that nothing else is fetched.
    'p2 Always': [head, head],
    'p3 Never': [],
  });
});
