/** ctr namespaces. @models containerd 2.1 cmd/ctr/commands/namespaces @fidelity partial: --cgroup removes the namespace's cgroup only when nothing runs in it */

import { isErrno } from '../../../linux/errno.ts';
import { print } from '../../../linux/io.ts';
import { NamespacesService } from '../../../protocols/containerd/services/namespaces/v1/generated.ts';
import { ContainerdError, isKind } from '../../common/containerd/errors.ts';
import { QUIET } from '../flags.ts';
import { type Command, fail, labelArgs, labelText, log, NARROW, newClient, printTable } from '../run.ts';

const { methods } = NamespacesService;

const createCommand: Command = {
  name: 'create',
  aliases: ['c'],
  usage: 'Make a namespace',
  argsUsage: '<name> [<key>=<value>]',
  description: 'makes a namespace, which must not be there yet',
  action: async (ctx, run) => {
    const [name = '', ...labels] = run.cli.args;
    if (name === '') fail('please specify a namespace');
    const client = await newClient(ctx, run);
    await client.call(ctx, methods.Create, { namespace: { name, labels: labelArgs(labels) } });
  },
};

const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'List namespaces',
  argsUsage: '[flags]',
  description: 'lists namespaces',
  flags: [QUIET('Only the names')],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const { namespaces } = await client.call(ctx, methods.List, {});
    if (run.cli.bool('quiet')) return print(ctx, namespaces.map(({ name }) => `${name}\n`).join(''));
    const rows = namespaces.map(({ name, labels }) => [name, labelText(labels)]);
    await printTable(ctx, NARROW, [['NAME', 'LABELS'], ...rows]);
  },
};

const removeCommand: Command = {
  name: 'remove',
  aliases: ['rm'],
  usage: 'Remove namespaces',
  argsUsage: '<name> [<name>, ...]',
  description: 'removes namespaces, which must be empty',
  flags: [{ name: 'cgroup', aliases: ['c'], kind: 'bool', usage: "Remove the namespace's cgroup as well" }],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    let failure: ContainerdError | null = null;
    for (const name of run.cli.args) {
      try {
        if (run.cli.bool('cgroup')) await removeCgroup(ctx, name);
        await client.call(ctx, methods.Delete, { name });
      } catch (error) {
        if (!isKind(error, 'NotFound')) {
          if (!(error instanceof ContainerdError)) throw error;
          failure ??= new ContainerdError(`unable to delete ${name}: ${error.message}`, error.kind);
          await log(ctx, run, 'error', `unable to delete ${name}`, error);
          continue;
        }
      }
      await print(ctx, `${name}\n`);
    }
    if (failure !== null) throw failure;
  },
};

async function removeCgroup(ctx: Parameters<NonNullable<Command['action']>>[0], name: string): Promise<void> {
  try {
    await ctx.sys.rmdir(ctx, `/sys/fs/cgroup/${name}`);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    if (isErrno(error)) throw new ContainerdError(`unlinkat /sys/fs/cgroup/${name}: ${error.go}`);
    throw error;
  }
}

const labelCommand: Command = {
  name: 'label',
  usage: 'Set and clear labels of a namespace',
  argsUsage: '<name> [<key>=<value>, ...]',
  description: 'sets labels of a namespace; an empty value clears one',
  action: async (ctx, run) => {
    const [name = '', ...words] = run.cli.args;
    if (name === '') fail('please specify a namespace');
    const client = await newClient(ctx, run);
    for (const [key, value] of Object.entries(labelArgs(words))) {
      await client.call(ctx, methods.Update, {
        namespace: { name, labels: { [key]: value } },
        updateMask: { paths: [`labels.${key}`] },
      });
    }
  },
};

export const namespacesCommand: Command = {
  name: 'namespaces',
  aliases: ['namespace', 'ns'],
  usage: 'Manage namespaces',
  subcommands: [createCommand, listCommand, removeCommand, labelCommand],
};
