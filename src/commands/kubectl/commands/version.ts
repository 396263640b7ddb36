/** @models k8s.io/kubectl pkg/cmd/version version.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { marshalJson } from '../../../go/json.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import { print } from '../../../linux/io.ts';
import { text } from '../../../protocols/kube/fields.ts';
import { Failure } from '../failure.ts';
import { KUSTOMIZE_VERSION } from '../release.ts';
import type { Action } from '../run.ts';

export const versionCommand: CobraCommand<Action> = {
  name: 'version',
  short: 'Print the client and server version information',
  group: 'Other Commands',
  flags: [
    { name: 'client', kind: 'bool', usage: 'Do not ask a server.' },
    { name: 'output', short: 'o', kind: 'string', usage: "One of 'yaml' or 'json'." },
    { name: 'short', kind: 'bool', usage: 'Only the numbers.', hidden: true },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const output = cli.string('output');
    // Gone since 1.28, which prints no more than the numbers.
    if (cli.isSet('short') && !run.release.isVerbose)
      throw new Failure("unknown flag: --short\nSee 'kubectl version --help' for usage.");
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
      clientVersion: run.release.client,
      ...(run.release.isVerbose ? {} : { kustomizeVersion: KUSTOMIZE_VERSION }),
      ...(server === null ? {} : { serverVersion: server }),
    };
    if (output === 'json') await print(ctx, `${marshalJson(all, { indent: '  ' })}\n`);
    else if (output === 'yaml') await print(ctx, `${marshalYaml(all)}\n`);
    else if (cli.bool('short')) {
      await print(ctx, `Client Version: ${run.release.client['gitVersion']}\n`);
      if (server !== null) await print(ctx, `Server Version: ${text(server, 'gitVersion')}\n`);
    } else if (run.release.isVerbose) {
      await print(ctx, `Client Version: ${structureText(run.release.client)}\n`);
      if (server !== null) await print(ctx, `Server Version: ${structureText(server)}\n`);
    } else {
      const lines = [`Client Version: ${run.release.client['gitVersion']}`, `Kustomize Version: ${KUSTOMIZE_VERSION}`];
      if (server !== null) lines.push(`Server Version: ${text(server, 'gitVersion')}`);
      await print(ctx, `${lines.join('\n')}\n`);
    }
    if (failure !== null) throw failure;
  },
};

/** `version.Info{Major:"1", …}`, as `%#v` prints it. */
function structureText(version: Readonly<Record<string, string>>): string {
  const fields = Object.entries(version).map(
    ([name, value]) => `${name.charAt(0).toUpperCase()}${name.slice(1)}:"${value}"`,
  );
  return `version.Info{${fields.join(', ')}}`;
}
