import { describe, expect, test } from 'vitest';
import { readArticle, readDemos } from '../headless/lesson-files.ts';
import { formatProblem } from '../lesson-engine/lesson.ts';
import { rehearseSection } from '../lesson-engine/rehearse-article.ts';
import { rehearseDemo } from '../lesson-engine/rehearse-demo.ts';
import { type BootedNode, boot } from './boot.ts';

const SECTIONS = 9;
const article = readArticle();
const demos = readDemos();

test('article and demos are there, whole in both languages, and lint finds nothing', () => {
  expect(article).toHaveLength(SECTIONS);
  expect(demos.map(({ demo }) => demo.id)).toEqual(['D01', 'D02', 'D03', 'D04', 'D06', 'D08', 'D09', 'D10']);
  expect([...article, ...demos].flatMap(({ problems }) => problems.map(formatProblem))).toEqual([]);
});

describe.each(article)('the article, $section.id', ({ section }) => {
  test('typed as printed and as repaired', async () => {
    const failed = (await rehearseSection(section)).filter(({ passed }) => !passed);
    expect(failed).toEqual([]);
  });
});

describe.each(demos)('the demo $demo.id', ({ demo }) => {
  test('what it claims is so, and was not before', async () => {
    const results = await rehearseDemo(demo);
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
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
