/** @models k8s.io/kubectl pkg/cmd/certificates certificates.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { rfc3339 } from '../../../go/time.ts';
import { type Fields, list, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { reportDone } from '../dry-run.ts';
import { Failure } from '../failure.ts';
import { FILENAME, PRINT } from '../flags.ts';
import type { Action } from '../run.ts';
import { hasManifests, manifestTargets } from '../select.ts';

type Verdict = { name: string; short: string; type: string; other: string; reason: string; done: string };

const verdict = ({ name, short, type, other, reason, done }: Verdict): CobraCommand<Action> => ({
  name,
  use: '(-f FILENAME | NAME)',
  short,
  flags: [...PRINT, ...FILENAME, { name: 'force', kind: 'bool', usage: 'Say it again, even if it has been said.' }],
  action: async (ctx, run) => {
    const { cli } = run;
    const files = hasManifests(run) ? await manifestTargets(ctx, run) : [];
    const names = [...cli.args, ...files.map((target) => target.name ?? '')];
    if (names.length === 0) throw new Failure('one or more CSRs must be specified as <name> or -f <filename>');
    const client = await run.client(ctx);
    const resource = await run.resource(ctx, 'certificatesigningrequests');
    for (const one of names) {
      for (;;) {
        const request = (await client.get(ctx, resource, null, one)) as Fields;
        const conditions = list(request, 'status', 'conditions');
        const has = (wanted: string): boolean => conditions.some((condition) => text(condition, 'type') === wanted);
        if (has(other)) throw new Failure(`certificate signing request "${one}" is already ${other}`);
        if (has(type) && !cli.bool('force')) {
          await reportDone(ctx, cli, request, done, 'none');
          break;
        }
        const said = {
          lastUpdateTime: rfc3339(ctx.wallTime),
          message: `This CSR was ${done} by kubectl certificate ${name}.`,
          reason,
          status: 'True',
          type,
        };
        const status = {
          ...(request['status'] as object | undefined),
          conditions: [...conditions.filter((condition) => text(condition, 'type') !== type), said],
        };
        try {
          const next = await client.update(ctx, resource, { ...request, status } as never, 'approval');
          await reportDone(ctx, cli, next as Fields, done, 'none');
          break;
        } catch (error) {
          if (!isStatusError(error, 'Conflict')) throw error;
        }
      }
    }
  },
});

export const certificateCommand: CobraCommand<Action> = {
  name: 'certificate',
  use: 'SUBCOMMAND',
  short: 'Modify certificate resources',
  group: 'Cluster Management Commands',
  subcommands: [
    verdict({
      name: 'approve',
      short: 'Approve a certificate signing request',
      type: 'Approved',
      other: 'Denied',
      reason: 'KubectlApprove',
      done: 'approved',
    }),
    verdict({
      name: 'deny',
      short: 'Deny a certificate signing request',
      type: 'Denied',
      other: 'Approved',
      reason: 'KubectlDeny',
      done: 'denied',
    }),
  ],
};
