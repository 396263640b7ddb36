/** @models k8s.io/kubectl pkg/cmd/version version.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { marshalJson } from '../../../go/json.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import { print } from '../../../linux/io.ts';
import { text } from '../../../protocols/kube/fields.ts';
import { Failure } from '../failure.ts';
import { CLIENT_VERSION, KUSTOMIZE_VERSION } from '../release.ts';
import type { Action } from '../run.ts';

export const versionCommand: CobraCommand<Action> = {
  name: 'version',
  short: 'Print the client and server version information',
  group: 'Other Commands',
  flags: [
    { name: 'client', kind: 'bool', usage: 'Do not ask a server.' },
    { name: 'output', short: 'o', kind: 'string', usage: "One of 'yaml' or 'json'." },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const output = cli.string('output');
    if (!['', 'yaml', 'json'].includes(output)) throw new Failure("--output must be 'yaml' or 'json'");
    let server: Record<string, string> | null = null;
    let failure: unknown = null;
    if (!cli.bool('client')) {
      try {
        server = await (await run.client(ctx)).request(ctx, 'GET', '/version', { query: { timeout: '32s' } });
      } catch (error) {
        failure = error;
      }
    }
    const all = {
      clientVersion: CLIENT_VERSION,
      kustomizeVersion: KUSTOMIZE_VERSION,
      ...(server === null ? {} : { serverVersion: server }),
    };
    if (output === 'json') await print(ctx, `${marshalJson(all, { indent: '  ' })}\n`);
    else if (output === 'yaml') await print(ctx, `${marshalYaml(all)}\n`);
    else {
      const lines = [`Client Version: ${CLIENT_VERSION.gitVersion}`, `Kustomize Version: ${KUSTOMIZE_VERSION}`];
      if (server !== null) lines.push(`Server Version: ${text(server, 'gitVersion')}`);
      await print(ctx, `${lines.join('\n')}\n`);
    }
    if (failure !== null) throw failure;
  },
};
