import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('what the server has is asked for at once, kept for six hours, and asked again for what is not in it', async () => {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const out = async (line: string): Promise<string> => (await node.run(line)).stdout;
  /** What was asked, by which the answers came. */
  const asked = async (line: string): Promise<string[]> => {
    const { stderr } = await node.run(`${line} -v=6`);
    const requests = [...stderr.matchAll(/verb="(\w+)" url="https:\/\/[^/]*([^"]*)" status="(\d+)/g)];
    return [...requests.map(([, ...parts]) => parts.join(' ')), ...(stderr.match(/^error: .*/m) ?? [])];
  };
  const discovery = ['GET /api?timeout=32s 200', 'GET /apis?timeout=32s 200'];
  const pods = 'GET /api/v1/namespaces/default/pods?limit=500 200';
  expect(await asked('kubectl get pods')).toEqual([...discovery, pods]);
  expect(await asked('kubectl get pods')).toEqual([pods]);
  const unknown = `error: the server doesn't have a resource type "foo"`;
  expect(await asked('kubectl get foo')).toEqual([...discovery, unknown]);
  await node.run("printf 'apiVersion: a/v1\\nkind: B\\nmetadata: {name: x}\\n' > b.yaml");
  expect((await asked('kubectl create -f b.yaml')).slice(-3, -1)).toEqual(discovery);
  expect(await asked('kubectl api-versions')).toEqual(discovery);
  expect(await asked('kubectl api-resources')).toEqual(discovery);
  expect(await asked('kubectl api-resources --cached')).toEqual([]);
  expect(await asked('kubectl get pods --cache-dir=/tmp/k')).toEqual([...discovery, pods]);
  await node.run('find /root/.kube -name servergroups.json | xargs touch -d 2020-01-01');
  expect(await asked('kubectl get pods')).toEqual([...discovery, pods]);

  const cm = 'GET /api/v1/namespaces/default/configmaps/kube-root-ca.crt 200';
  const asks: readonly [string, readonly (string | RegExp)[]][] = [
    [
      'describe cm kube-root-ca.crt',
      [
        cm,
        cm,
        /^GET \/api\/v1\/namespaces\/default\/events\?fieldSelector=involvedObject\.name%3Dkube-root-ca\.crt%2CinvolvedObject\.namespace%3Ddefault%2CinvolvedObject\.kind%3DConfigMap%2CinvolvedObject\.uid%3D\S+&limit=500 200$/,
      ],
    ],
    [
      'cluster-info',
      ['GET /api/v1/namespaces/kube-system/services?labelSelector=kubernetes.io%2Fcluster-service%3Dtrue 200'],
    ],
    ['auth can-i get pods', ['GET /api/v1 200', 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews 201']],
    ['explain cm.data', ['GET /openapi/v3?timeout=32s 200', 'GET /openapi/v3/api/v1?timeout=32s 200']],
    ['top nodes', ['GET /api 200', 'GET /apis 200', 'error: Metrics API not available']],
    ['cordon node-1', ['GET /api/v1/nodes/node-1 200', 'PATCH /api/v1/nodes/node-1 200']],
  ];
  for (const [line, requests] of asks)
    expect(await asked(`kubectl ${line}`)).toEqual(
      requests.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))),
    );

  const folder = '/root/.kube/cache/discovery/192.168.1.10_6443';
  expect(await out(`find ${folder} | wc -l; stat -c '%a' ${folder}/policy ${folder}/policy/v1/*`)).toBe(
    '51\n750\n660\n',
  );
  expect(await out(`cat ${folder}/policy/v1/serverresources.json`)).toBe(
    '{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"policy/v1","resources":[{"name":"poddisruptionbudgets","singularName":"poddisruptionbudget","namespaced":true,"kind":"PodDisruptionBudget","verbs":["create","delete","deletecollection","get","list","patch","update","watch"],"shortNames":["pdb"]},{"name":"poddisruptionbudgets/status","singularName":"poddisruptionbudget","namespaced":true,"kind":"PodDisruptionBudget","verbs":["get","patch","update"]}]}\n',
  );
  expect(await out(`head -c 226 ${folder}/servergroups.json`)).toBe(
    '{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"","versions":[{"groupVersion":"v1","version":"v1"}],"preferredVersion":{"groupVersion":"v1","version":"v1"}},{"name":"apps","versions":[{"groupVersion":"apps/v1","ver',
  );
  // Half a file is as good as none.
  await node.run(`truncate -s 99 ${folder}/apps/v1/serverresources.json`);
  expect((await asked('kubectl get deploy')).slice(0, 2)).toEqual(discovery);

  // Whoever does not ask for the aggregated form gets the one of old.
  expect(await out('kubectl get --raw /api')).toContain('{"kind":"APIVersions","versions":["v1"],');
  expect(await out('kubectl get --raw /apis')).toContain(
    '{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"apps",',
  );
  expect(await out('kubectl get --raw /apis/policy/v1')).toContain(
    '"shortNames":["pdb"],"storageVersionHash":"EVWiDmWqyJw="}',
  );
  await node.run('kubectl proxy & sleep 1');
  const ask = (accept: string, more = ''): Promise<string> =>
    out(`curl -si -H 'Accept: ${accept}' ${more} http://127.0.0.1:8001/api | tr -d '\\r'`);
  const type = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const whole = await ask(`text/html, ${type.replace('v2', 'v9')},${type},application/json`);
  expect(whole).toContain(`\nContent-Type: ${type}\n`);
  expect(whole).toContain(
    '\n\n{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[{"metadata":{},"versions":[{"version":"v1","resources":[{"resource":"bindings","responseKind":{"group":"","version":"","kind":"Binding"},"scope":"Namespaced","singularResource":"binding","verbs":["create"]},',
  );
  expect(whole).toContain(
    '{"subresource":"eviction","responseKind":{"group":"policy","version":"v1","kind":"Eviction"},"verbs":["create"]}',
  );
  const [, etag = ''] = /ETag: ("[0-9A-F]{128}")/.exec(whole) ?? [];
  expect((await ask(type, `-H 'If-None-Match: ${etag}'`)).split('\n')[0]).toBe('HTTP/1.1 304 Not Modified');
  expect(await ask(`application/json,${type}`)).toContain('{"kind":"APIVersions"');
});

test('api-resources and api-versions', async () => {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(`kubectl ${line}`);
    return stdout + stderr;
  };
  expect(await run('api-resources --categories=all --sort-by=name -o name --verbs=list')).toBe(
    'cronjobs.batch\ndaemonsets.apps\ndeployments.apps\nhorizontalpodautoscalers.autoscaling\njobs.batch\npods\nreplicasets.apps\nreplicationcontrollers\nservices\nstatefulsets.apps\n',
  );
  expect(await run('api-resources --api-group=node.k8s.io -o yaml')).toBe(
    'apiVersion: v1\ngroupVersion: ""\nkind: APIResourceList\nresources:\n- group: node.k8s.io\n  kind: RuntimeClass\n  name: runtimeclasses\n  namespaced: false\n  singularName: runtimeclass\n  verbs:\n  - create\n  - delete\n  - deletecollection\n  - get\n  - list\n  - patch\n  - update\n  - watch\n  version: v1\n',
  );
  expect(await run('api-resources --api-group=foo -o json')).toContain(
    '"groupVersion": "",\n    "resources": null\n}\n',
  );
  expect(await run('api-resources --sort-by=x')).toBe('error: --sort-by accepts only name or kind\n');
  expect(await run('api-resources -o x')).toBe(
    'error: unable to match a printer suitable for the output format "x", allowed formats are: json,kyaml,name,wide,yaml\n',
  );
  expect(await run('api-versions x')).toBe(
    "error: unexpected arguments: [x]\nSee 'kubectl api-versions -h' for help and examples\n",
  );
  expect(await run('get all -A -o name | cut -d/ -f1 | uniq')).toBe('pod\nservice\n');
});
