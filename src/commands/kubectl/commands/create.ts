/**
 * @models k8s.io/kubectl pkg/cmd/create create.go create_configmap.go create_secret*.go create_namespace.go create_deployment.go create_job.go create_serviceaccount.go
 * @fidelity partial: no edit, no generators beyond those listed
 */
import type { CobraCommand, Pflag } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { readFileBytes } from '../../../linux/io.ts';
import { type Fields, object, text } from '../../../protocols/kube/fields.ts';
import { dryRunOf, reportDone, validationOf, writeQuery } from '../dry-run.ts';
import { ErrorCollector, Failure, prefixed, usageFailure } from '../failure.ts';
import { FILENAME } from '../flags.ts';
import {
  configMapObject,
  deploymentObject,
  dockerConfig,
  encode,
  jobObject,
  namespaceObject,
  readData,
  secretObject,
  serviceAccountObject,
} from '../generators.ts';
import { annotated, changeCause, RECORD } from '../record.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, manifestTargets } from '../select.ts';
import { accessCommands } from './create-access.ts';
import { COMMON, commandWords, nameOf, namespaceOf, send } from './create-common.ts';
import { policyCommands } from './create-policy.ts';
import { createServiceCommand } from './create-service.ts';

const DATA: readonly Pflag[] = [
  { name: 'from-file', kind: 'stringSlice', usage: 'A file, key=file or folder whose contents become values.' },
  { name: 'from-literal', kind: 'stringArray', usage: 'A key and its value (mykey=somevalue).' },
  { name: 'from-env-file', kind: 'stringSlice', usage: 'A file of lines key=value.' },
];

/** What a CronJob would make now. */
async function jobFrom(ctx: Context, run: Run, name: string, from: string): Promise<Fields> {
  const [type = '', cronName = ''] = from.split('/');
  const resource = await run.resource(ctx, type);
  if (resource.kind !== 'CronJob') throw new Failure('from must be an existing cronjob');
  const client = await run.client(ctx);
  const cron = (await client.get(ctx, resource, await run.namespace(ctx), cronName)) as Fields;
  const template = object(cron, 'spec', 'jobTemplate') ?? {};
  const annotations = { ...object(template, 'metadata', 'annotations'), 'cronjob.kubernetes.io/instantiate': 'manual' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      annotations,
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: cronName,
          uid: text(cron, 'metadata', 'uid'),
          controller: true,
        },
      ],
    },
    spec: template['spec'],
  };
}

async function dataOf(ctx: Context, run: Run) {
  const { cli } = run;
  return await readData(ctx, {
    literals: cli.strings('from-literal'),
    files: cli.strings('from-file'),
    envFiles: cli.strings('from-env-file'),
  });
}

const secretCommands: readonly CobraCommand<Action>[] = [
  {
    name: 'docker-registry',
    use: 'NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]',
    short: 'Create a secret for use with a Docker registry',
    flags: [
      ...COMMON,
      { name: 'docker-server', kind: 'string', value: 'https://index.docker.io/v1/', usage: 'Address of the registry' },
      { name: 'docker-username', kind: 'string', usage: 'Name to log in with' },
      { name: 'docker-password', kind: 'string', usage: 'Password to log in with' },
      { name: 'docker-email', kind: 'string', usage: 'Email of the account' },
      { name: 'from-file', kind: 'stringSlice', usage: 'A docker configuration to take as it is' },
    ],
    action: async (ctx, run) => {
      const name = nameOf(run);
      const { cli } = run;
      const [file] = cli.strings('from-file');
      let config: Uint8Array;
      if (file !== undefined) config = await readFileBytes(ctx, file.slice(file.indexOf('=') + 1));
      else {
        const [username, password] = [cli.string('docker-username'), cli.string('docker-password')];
        if (username === '' || password === '') {
          throw new Failure(
            'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
          );
        }
        config = encode(
          dockerConfig({ server: cli.string('docker-server'), username, password, email: cli.string('docker-email') }),
        );
      }
      const data = new Map([['.dockerconfigjson', config]]);
      const object = secretObject(name, await namespaceOf(ctx, run), data, 'kubernetes.io/dockerconfigjson');
      await send(ctx, run, 'secrets', object, 'secret');
    },
  },
  {
    name: 'generic',
    use: 'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
    short: 'Create a secret from a local file, directory, or literal value',
    flags: [...COMMON, ...DATA, { name: 'type', kind: 'string', usage: 'The type of the secret' }],
    action: async (ctx, run) => {
      const object = secretObject(
        nameOf(run),
        await namespaceOf(ctx, run),
        await dataOf(ctx, run),
        run.cli.string('type'),
      );
      await send(ctx, run, 'secrets', object, 'secret');
    },
  },
  {
    name: 'tls',
    use: 'NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
    short: 'Create a TLS secret',
    flags: [
      ...COMMON,
      { name: 'cert', kind: 'string', usage: 'File of the certificate' },
      { name: 'key', kind: 'string', usage: 'File of the private key' },
    ],
    action: async (ctx, run) => {
      const name = nameOf(run);
      const data = new Map([
        ['tls.crt', await readFileBytes(ctx, run.cli.string('cert'))],
        ['tls.key', await readFileBytes(ctx, run.cli.string('key'))],
      ]);
      await send(
        ctx,
        run,
        'secrets',
        secretObject(name, await namespaceOf(ctx, run), data, 'kubernetes.io/tls'),
        'secret',
      );
    },
  },
];

export const createCommand: CobraCommand<Action> = {
  name: 'create',
  use: '-f FILENAME',
  short: 'Create a resource from a file or from stdin',
  group: 'Basic Commands (Beginner)',
  flags: [...COMMON, ...FILENAME, RECORD],
  subcommands: [
    accessCommands.clusterRoleCommand,
    accessCommands.clusterRoleBindingCommand,
    {
      name: 'configmap',
      aliases: ['cm'],
      use: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
      short: 'Create a config map from a local file, directory or literal value',
      flags: [...COMMON, ...DATA],
      action: async (ctx, run) => {
        const object = configMapObject(nameOf(run), await namespaceOf(ctx, run), await dataOf(ctx, run));
        await send(ctx, run, 'configmaps', object, 'configmap:');
      },
    },
    {
      name: 'deployment',
      aliases: ['deploy'],
      use: 'NAME --image=image -- [COMMAND] [args...]',
      short: 'Create a deployment with the specified name',
      flags: [
        ...COMMON,
        { name: 'image', kind: 'stringSlice', usage: 'Images to run', required: true },
        { name: 'replicas', short: 'r', kind: 'int', value: 1, usage: 'How many pods' },
        { name: 'port', kind: 'int', value: -1, usage: 'The port that the containers expose' },
      ],
      action: async (ctx, run) => {
        const { cli } = run;
        const options = {
          images: cli.strings('image'),
          replicas: cli.number('replicas'),
          port: cli.number('port'),
          command: commandWords(run),
        };
        if (options.images.length > 1 && options.command.length > 0)
          throw new Failure('cannot specify multiple --image options and command');
        await send(
          ctx,
          run,
          'deployments',
          deploymentObject(nameOf(run), await namespaceOf(ctx, run), options),
          'deployment:',
        );
      },
    },
    policyCommands.ingressCommand,
    {
      name: 'job',
      use: 'NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
      short: 'Create a job with the specified name',
      flags: [
        ...COMMON,
        { name: 'from', kind: 'string', usage: 'CronJob whose template to use: cronjob/name' },
        { name: 'image', kind: 'string', usage: 'Image to run' },
      ],
      action: async (ctx, run) => {
        const name = nameOf(run);
        const from = run.cli.string('from');
        if (from !== '') return await send(ctx, run, 'jobs', await jobFrom(ctx, run, name, from), 'job:');
        if (run.cli.string('image') === '') throw new Failure('either --image or --from must be specified');
        const object = jobObject(name, await namespaceOf(ctx, run), run.cli.string('image'), commandWords(run));
        await send(ctx, run, 'jobs', object, 'job:');
      },
    },
    {
      name: 'cronjob',
      aliases: ['cj'],
      use: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...]",
      short: 'Create a cron job with the specified name',
      flags: [
        ...COMMON,
        { name: 'image', kind: 'string', usage: 'Image to run', required: true },
        { name: 'restart', kind: 'string', value: 'OnFailure', usage: 'OnFailure or Never.' },
        { name: 'schedule', kind: 'string', usage: 'When, as cron has it', required: true },
      ],
      action: async (ctx, run) => {
        const { cli } = run;
        const name = nameOf(run);
        const job = jobObject(name, null, cli.string('image'), commandWords(run));
        const template = object(job, 'spec', 'template') ?? {};
        const spec = {
          template: { ...template, spec: { ...object(template, 'spec'), restartPolicy: cli.string('restart') } },
        };
        const namespace = await namespaceOf(ctx, run);
        const cronJob: Fields = {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          metadata: { name, ...(namespace === null ? {} : { namespace }) },
          spec: { jobTemplate: { metadata: { name }, spec }, schedule: cli.string('schedule') },
          status: {},
        };
        await send(ctx, run, 'cronjobs', cronJob, 'cronjob:');
      },
    },
    {
      name: 'namespace',
      aliases: ['ns'],
      use: 'NAME [--dry-run=server|client|none]',
      short: 'Create a namespace with the specified name',
      flags: COMMON,
      action: async (ctx, run) => await send(ctx, run, 'namespaces', namespaceObject(nameOf(run)), null),
    },
    policyCommands.budgetCommand,
    policyCommands.priorityClassCommand,
    policyCommands.quotaCommand,
    accessCommands.roleCommand,
    accessCommands.roleBindingCommand,
    {
      name: 'secret',
      use: '(docker-registry | generic | tls)',
      short: 'Create a secret using a specified subcommand',
      subcommands: secretCommands,
    },
    createServiceCommand,
    {
      name: 'serviceaccount',
      aliases: ['sa'],
      use: 'NAME [--dry-run=server|client|none]',
      short: 'Create a service account with the specified name',
      flags: COMMON,
      action: async (ctx, run) => {
        const object = serviceAccountObject(nameOf(run), await namespaceOf(ctx, run));
        await send(ctx, run, 'serviceaccounts', object, 'serviceaccount:');
      },
    },
    accessCommands.tokenCommand,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length > 0) throw usageFailure(cli.path, `Unexpected args: [${cli.args.join(' ')}]`);
    if (!hasManifests(run)) throw new Failure('must specify one of -f and -k');
    const dryRun = await dryRunOf(ctx, cli);
    const errors = new ErrorCollector();
    const targets = await manifestTargets(ctx, run, validationOf(cli) !== 'Ignore', errors);
    if (targets.length === 0 && !errors.any) throw new Failure('no objects passed to create');
    const client = await run.client(ctx);
    const query = writeQuery(dryRun, cli.string('field-manager'), validationOf(cli));
    for (const { resource, namespace, manifest } of targets) {
      if (manifest === undefined) continue;
      const object = annotated(manifest.object, changeCause(cli));
      if (dryRun === 'client') {
        await reportDone(ctx, cli, object, 'created', dryRun);
        continue;
      }
      await errors.attempt(async () => {
        try {
          const created = await client.create<Fields>(ctx, resource, namespace, object, query);
          await reportDone(ctx, cli, created, 'created', dryRun);
        } catch (error) {
          throw prefixed(error, `error when creating "${manifest.source}"`);
        }
      });
    }
    errors.finish();
  },
};
