import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('patches that are none, sizes of what has none, selectors that cannot be read', async () => {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await node.run(`kubectl ${line}`);
    return `${stdout}${stderr}${exitCode === 0 ? '' : `= ${exitCode}\n`}`;
  };
  await run('create deployment web --image=nginx:alpine');
  const bad = 'Error from server (BadRequest): ';
  expect(await run(`patch deploy web --type=json -p '{"a":1}'`)).toBe(
    `${bad}json: cannot unmarshal object into Go value of type jsonpatch.Patch\n= 1\n`,
  );
  expect(await run(`patch deploy web --type=json -p '[1]'`)).toBe(
    `${bad}json: cannot unmarshal number into Go value of type jsonpatch.Operation\n= 1\n`,
  );
  expect(await run(`patch deploy web --type=json -p '[{"op":"add"}]'`)).toBe(
    'The request is invalid: the server rejected our request due to an error in our request\n= 1\n',
  );
  expect(await run(`patch deploy web -p '{bad'`)).toBe(
    `${bad}invalid character 'b' looking for beginning of object key string\n= 1\n`,
  );
  expect(await run('patch deploy web -p "- a"')).toBe(
    `${bad}json: cannot unmarshal array into Go value of type map[string]interface {}\n= 1\n`,
  );
  expect(await run('patch deploy web')).toBe(
    'error: must specify --patch or --patch-file containing the contents of the patch\n= 1\n',
  );

  expect(await run('scale deploy web --replicas=2 --current-replicas=7')).toBe(
    'error: Expected replicas to be 7, was 1\n= 1\n',
  );
  expect(await run('scale deploy/web deploy/nope --replicas=3')).toBe(
    'deployment.apps/web scaled\nError from server (NotFound): deployments.apps "nope" not found\n= 1\n',
  );
  expect(await run('scale ns default --replicas=1')).toBe(
    'Error from server (NotFound): the server could not find the requested resource (patch namespaces default)\n= 1\n',
  );
  expect(await run('scale deploy --all --replicas=0 --current-replicas=3')).toBe('deployment.apps/web scaled\n');
  expect(await run('scale deploy web --replicas=-1')).toBe(
    'error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0\n= 1\n',
  );

  const unable = 'that match label selector "a in (b", field selector "": unable to parse requirement: ';
  const unread = `${bad}Unable to find "/v1, Resource=pods" ${unable}found '', expected: ',' or ')'\n= 1\n`;
  for (const verb of ['get', 'delete', 'describe']) expect(await run(`${verb} pods -l 'a in (b'`)).toBe(unread);
  expect(await run('get pods --field-selector foo=bar')).toBe(
    `${bad}Unable to find "/v1, Resource=pods" that match label selector "", field selector "foo=bar": field label not supported: foo\n= 1\n`,
  );
  expect(await run('label ns default "bad key=x"')).toMatch(
    /^The Namespace "default" is invalid: metadata\.labels: Invalid value: "bad key": name part must consist of /,
  );
  expect(await run('label ns default b=c a=d')).toBe('namespace/default labeled\n');
  expect(await run('label ns default --list')).toBe('a=d\nb=c\nkubernetes.io/metadata.name=default\n');
  expect(await run('label deploy,ns --field-selector metadata.name=web --list')).toBe('app=web\n');
  expect(await run('get ns --sort-by=.foo')).toBe('No resources found\n');
  expect(await run('get ns --sort-by=.foo -o name')).toBe(
    'error: couldn\'t find any field with path "{.foo}" in the list of objects\n= 1\n',
  );
  expect(await run("set selector svc kubernetes a=b -o jsonpath='{.spec.selector}'")).toBe('{"a":"b"}');
  expect(await run('set selector deploy web a=b')).toBe(
    'error: setting a selector is only supported for Services\n= 1\n',
  );
  const manifest = '{"apiVersion":"v1","data":{"x":"1"},"kind":"ConfigMap","metadata":{"name":"a"}}';
  await node.run(`mkdir k; echo '${manifest}' > a.yaml; echo 'resources: [../a.yaml]' > k/kustomization.yaml`);
  await run('apply -f a.yaml');
  expect(await run('apply view-last-applied cm/a cm/kube-root-ca.crt')).toBe(
    'apiVersion: v1\ndata:\n  x: "1"\nkind: ConfigMap\nmetadata:\n  annotations: {}\n  name: a\n  namespace: default\n',
  );
  expect(await run('kustomize k')).toBe(
    "error: accumulating resources: accumulation err='accumulating resources from '../a.yaml': security; file '/root/a.yaml' is not in or below '/root/k'': must build at directory: '/root/a.yaml': file is not directory\n= 1\n",
  );
  expect(await run('uncordon')).toBe(
    "error: USAGE: uncordon NODE [flags]\nSee 'kubectl uncordon -h' for help and examples\n= 1\n",
  );
  expect(await run('get ns --output-watch-events')).toBe(
    'error: --output-watch-events option can only be used with --watch or --watch-only\n= 1\n',
  );
  expect(await run('create deployment d --image=a --image=b -- ls')).toBe(
    'error: cannot specify multiple --image options and command\n= 1\n',
  );
  const deprecated = 'Flag --record has been deprecated, --record will be removed in the future\n';
  expect(await run('set image deploy/web nginx=nginx:1.25 --record -n default')).toBe(
    `deployment.apps/web image updated\n${deprecated}`,
  );
  expect(await run('apply -f a.yaml --record=false')).toBe(`configmap/a unchanged\n${deprecated}`);
  expect(await run("get deploy web -o jsonpath='{.metadata.annotations.kubernetes\\.io/change-cause}'")).toBe(
    'kubectl set image deploy/web nginx=nginx:1.25 --record=true --namespace=default',
  );
  expect(await run('rollout foo bar')).toBe(
    'error: unknown command "foo bar"\nSee \'kubectl rollout -h\' for help and examples\n= 1\n',
  );
  expect((await node.run('kubectl config')).stderr).toMatch(/^Modify kubeconfig files[\s\S]*\n {2}current-context /);
});

test('what has --record keeps what was typed', async () => {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(`kubectl ${line}`);
    return stdout + stderr;
  };
  const cause = (what: string): Promise<string> =>
    run(`get ${what} -o jsonpath='{.metadata.annotations.kubernetes\\.io/change-cause}'`);
  await run('create deployment web --image=nginx:alpine');
  const lines: readonly (readonly [line: string, what: string])[] = [
    ['scale deploy/web --replicas=2', 'deploy/web'],
    ['label deploy/web a=b', 'deploy/web'],
    ['annotate deploy/web a=b', 'deploy/web'],
    ['patch deploy/web -p {"spec":{"minReadySeconds":1}}', 'deploy/web'],
    ['autoscale deploy/web --max=3', 'hpa/web'],
    ['expose deploy/web --port=80', 'svc/web'],
    ['run p --image=nginx:alpine', 'pod/p'],
  ];
  for (const [line, what] of lines) {
    expect(await run(`${line.replace(/(\{.*\})/, "'$1'")} --record`)).toMatch(
      /\nFlag --record has been deprecated, --record will be removed in the future\n$/,
    );
    const [verb, ...words] = line.split(' ');
    const flags = words.filter((word) => word.startsWith('--'));
    const said = await cause(what);
    expect(said.startsWith(`kubectl ${verb} ${words[0]}`)).toBe(true);
    for (const flag of [...flags, '--record=true']) expect(said).toContain(flag);
  }
  await run('get cm kube-root-ca.crt -o json > cm.json');
  await node.run("sed -i 's/kube-root-ca.crt/copy/' cm.json; kubectl create -f cm.json --record");
  expect(await cause('cm/copy')).toBe('kubectl create --filename=cm.json --record=true');
  await node.run("EDITOR='sed -i s/minReadySeconds:.1/minReadySeconds:\\ 2/' kubectl edit deploy/web --record");
  expect(await cause('deploy/web')).toBe('kubectl edit deploy/web --record=true');
  // The others have it not.
  expect(await run('rollout restart deploy/web --record')).toMatch(/^error: unknown flag: --record\n/);
});
