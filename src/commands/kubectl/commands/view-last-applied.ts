/** @models k8s.io/kubectl pkg/cmd/apply/apply_view_last_applied.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import { print } from '../../../linux/io.ts';
import { text } from '../../../protocols/kube/fields.ts';
import { usageFailure } from '../failure.ts';
import { FILENAME, SELECTOR } from '../flags.ts';
import type { Action } from '../run.ts';
import { hasManifests, manifestTargets, selectTargets } from '../select.ts';
import { LAST_APPLIED } from './apply.ts';
import { existing } from './label.ts';

export const viewLastAppliedCommand: CobraCommand<Action> = {
  name: 'view-last-applied',
  use: '(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
  short: 'View the latest last-applied-configuration annotations of a resource/object',
  flags: [
    ...FILENAME,
    SELECTOR,
    { name: 'all', kind: 'bool', usage: 'All objects of the type' },
    { name: 'output', short: 'o', kind: 'string', value: 'yaml', usage: 'yaml or json' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const targets = hasManifests(run) ? await manifestTargets(ctx, run) : await selectTargets(ctx, run, cli.args);
    const output = cli.string('output');
    for (const { item } of await existing(ctx, run, targets)) {
      const kept = text(item, 'metadata', 'annotations', LAST_APPLIED);
      // Of what was never applied it says nothing, and is content.
      if (kept === '') continue;
      if (output !== 'json' && output !== 'yaml')
        throw usageFailure(
          cli.path,
          `Unexpected -o output mode: ${output}, the flag 'output' must be one of yaml|json`,
        );
      const value = JSON.parse(kept) as JsonValue;
      await print(ctx, output === 'yaml' ? marshalYaml(value) : `${marshalJson(value, { indent: '  ' })}\n`);
    }
  },
};
