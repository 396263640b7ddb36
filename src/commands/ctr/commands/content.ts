/** ctr content. @models containerd 2.1 cmd/ctr/commands/content @fidelity partial: `edit` runs the editor, which has to be a program of this machine */

import { tabwrite } from '../../../go/tabwriter.ts';
import { rfc3339 } from '../../../go/time.ts';
import { humanDuration, humanSize } from '../../../go/units.ts';
import { getenv, lookPath, print, readAllRope, readFileRope, removeAll, writeFile } from '../../../linux/io.ts';
import type { Rope } from '../../../linux/rope.ts';
import { ContentService } from '../../../protocols/containerd/services/content/v1/generated.ts';
import { contentInfo, listContent, parseDigest, readBlob, writeBlob } from '../../common/containerd/content.ts';
import { ContainerdError, isKind, onPath } from '../../common/containerd/errors.ts';
import { fetchImage } from '../fetch.ts';
import { LABEL, PLATFORM, QUIET, REGISTRY } from '../flags.ts';
import { registryClient } from '../resolver.ts';
import { type Command, fail, labelArgs, labelText, log, newClient, timestampNs } from '../run.ts';

const { methods } = ContentService;
const TABS = { minWidth: 1, tabWidth: 8, padding: 1, padChar: '\t' };

const getCommand: Command = {
  name: 'get',
  usage: 'Print a blob',
  argsUsage: '[<digest>, ...]',
  description: 'prints a blob as it is',
  action: async (ctx, run) => {
    const digest = parseDigest(run.cli.args[0] ?? '');
    const client = await newClient(ctx, run);
    await print(ctx, await readBlob(ctx, client, digest));
  },
};

const ingestCommand: Command = {
  name: 'ingest',
  usage: 'Take a blob into the store',
  argsUsage: '[flags] <key>',
  description: 'stores what comes from standard input',
  flags: [
    { name: 'expected-size', kind: 'int64', usage: 'It must have this size' },
    { name: 'expected-digest', kind: 'string', usage: 'It must have this digest' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const digest = cli.string('expected-digest') === '' ? '' : parseDigest(cli.string('expected-digest'));
    const ref = cli.args[0] ?? '';
    if (ref === '') fail('must specify a transaction reference');
    const client = await newClient(ctx, run);
    await writeBlob(ctx, client, ref, await readAllRope(ctx, 0), { size: cli.number('expected-size'), digest });
  },
};

const activeCommand: Command = {
  name: 'active',
  usage: 'List what is being written',
  argsUsage: '[flags] [<regexp>]',
  description: 'lists the ingests in progress',
  flags: [
    {
      name: 'timeout',
      aliases: ['t'],
      kind: 'duration',
      env: ['CONTAINERD_FETCH_TIMEOUT'],
      usage: 'How long it may take in all',
    },
    { name: 'root', kind: 'string', value: '/tmp/content', usage: 'Root of the content store' },
  ],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const match = run.cli.args[0];
    const { statuses } = await client.call(ctx, methods.ListStatuses, { filters: match === undefined ? [] : [match] });
    const rows = statuses.map(({ ref, offset, startedAt }) => {
      const age = Number(ctx.wallTime - timestampNs(startedAt));
      return `${ref}\t${humanSize(Number(offset))}\t${humanDuration(age)}\t\n`;
    });
    await print(ctx, tabwrite(`REF\tSIZE\tAGE\t\n${rows.join('')}`, TABS));
  },
};

const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'List all blobs',
  argsUsage: '[flags]',
  description: 'lists the blobs of the content store',
  flags: [QUIET('Only the digests')],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const all = await listContent(ctx, client, run.cli.args);
    if (run.cli.bool('quiet')) return print(ctx, all.map(({ digest }) => `${digest}\n`).join(''));
    const rows = all.map(({ digest, size, createdAt, labels }) => {
      const age = humanDuration(Number(ctx.wallTime - timestampNs(createdAt)));
      const text = Object.keys(labels).length === 0 ? '-' : labelText(labels);
      return `${digest}\t${humanSize(Number(size))}\t${age}\t${text}\n`;
    });
    await print(ctx, tabwrite(`DIGEST\tSIZE\tAGE\tLABELS\n${rows.join('')}`, TABS));
  },
};

const labelCommand: Command = {
  name: 'label',
  usage: 'Set labels of a blob',
  argsUsage: '<digest> [<label>=<value> ...]',
  description: 'sets labels of a blob; an empty value clears one',
  action: async (ctx, run) => {
    const [object = '', ...words] = run.cli.args;
    const client = await newClient(ctx, run);
    const digest = parseDigest(object);
    const labels = labelArgs(words);
    const paths = Object.keys(labels).map((key) => `labels.${key}`);
    const info =
      paths.length === 0
        ? await contentInfo(ctx, client, digest)
        : (await client.call(ctx, methods.Update, { info: { digest, labels }, updateMask: { paths } })).info;
    await print(ctx, `${labelText(info?.labels ?? {})}\n`);
  },
};

const deleteCommand: Command = {
  name: 'delete',
  aliases: ['del', 'remove', 'rm'],
  usage: 'Delete blobs for good',
  argsUsage: '[<digest>, ...]',
  description: 'deletes blobs for good, and prints those that it has deleted',
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    let failure: ContainerdError | null = null;
    for (const word of run.cli.args) {
      try {
        const digest = parseDigest(word);
        await client.call(ctx, methods.Delete, { digest });
        await print(ctx, `${digest}\n`);
      } catch (error) {
        if (isKind(error, 'NotFound')) continue;
        if (!(error instanceof ContainerdError)) throw error;
        failure ??= error;
        await log(ctx, run, 'error', `could not delete ${word}`, error);
      }
    }
    if (failure !== null) throw failure;
  },
};

const editCommand: Command = {
  name: 'edit',
  usage: 'Edit a blob into a new one',
  argsUsage: '[flags] <digest>',
  description: 'edits a blob and prints the digest of the result',
  flags: [
    { name: 'validate', kind: 'string', usage: 'Check the result (json, mediatype, etc.)' },
    { name: 'editor', kind: 'string', env: ['EDITOR'], usage: 'Which editor (vim, emacs, etc.)' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.string('validate') !== '') fail('validating the edit result not supported');
    const object = cli.args[0] ?? '';
    const digest = parseDigest(object);
    const client = await newClient(ctx, run);
    const blob = await readBlob(ctx, client, digest);
    const editor = cli.string('editor');
    if (editor === '') fail('editor is required');
    const path = `${getenv(ctx, 'XDG_RUNTIME_DIR') ?? '/tmp'}/edit-${ctx.random.uint32()}`;
    await writeFile(ctx, path, blob, { mode: 0o600 });
    const shell = (await lookPath(ctx, 'sh')) ?? '/bin/sh';
    const pid = await ctx.sys.spawn(ctx, shell, { argv: ['sh', '-c', `${editor} ${path}`] });
    const status = await ctx.sys.wait(ctx, pid);
    if (status?.exitCode !== 0) fail(`exit status ${status?.exitCode ?? 1}`);
    const edited = await onPath('open', path, () => readFileRope(ctx, path));
    await removeAll(ctx, path);
    await print(ctx, `${await writeBlob(ctx, client, `edit-${object}`, edited, { size: 0, digest: '' })}\n`);
  },
};

const fetchCommand: Command = {
  name: 'fetch',
  usage: 'Fetch the content of an image',
  argsUsage: '[flags] <remote> <object>',
  description:
    'Fetches the manifests, configs and layers of an image into the content store, and gives\nthe image its name, without unpacking anything.',
  flags: [
    ...REGISTRY,
    LABEL,
    PLATFORM,
    { name: 'all-platforms', kind: 'bool', usage: 'Content of all platforms' },
    { name: 'all-metadata', kind: 'bool', hidden: true, usage: '(Deprecated) Metadata of all platforms' },
    {
      name: 'skip-metadata',
      kind: 'bool',
      usage: 'Leave out the metadata of other platforms (the image cannot be pushed then)',
    },
    { name: 'metadata-only', kind: 'bool', usage: 'Only manifests and configs' },
  ],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    await fetchImage(ctx, run, client, run.cli.args[0] ?? '');
  },
};

const fetchObjectCommand: Command = {
  name: 'fetch-object',
  usage: 'Print an object of a registry',
  argsUsage: '[flags] <remote> <object> [<hint>, ...]',
  description: 'Fetches what a reference stands for, and prints it.',
  flags: REGISTRY,
  action: async (ctx, run) => {
    const reference = run.cli.args[0] ?? '';
    const registry = await registryClient(ctx, run, reference);
    const descriptor = await registry.resolve(ctx, reference);
    await print(ctx, await registry.fetch(ctx, reference, descriptor));
  },
};

const fetchBlobCommand: Command = {
  name: 'fetch-blob',
  usage: 'Print blobs of a registry',
  argsUsage: '[flags] <remote> [<digest>, ...]',
  description: 'Fetches blobs by their digests, and prints them.',
  flags: [...REGISTRY, { name: 'media-type', kind: 'string', usage: 'Media type to ask for' }],
  action: async (ctx, run) => {
    const [reference = '', ...digests] = run.cli.args;
    if (digests.length === 0) fail('must specify digests');
    const registry = await registryClient(ctx, run, reference);
    for (const word of digests) {
      const descriptor = { mediaType: run.cli.string('media-type'), digest: parseDigest(word), size: 0 };
      await print(ctx, await registry.fetch(ctx, reference, descriptor));
    }
  },
};

const pushObjectCommand: Command = {
  name: 'push-object',
  usage: 'Push a blob to a registry',
  argsUsage: '[flags] <remote> <object> <type>',
  description: 'Pushes a blob by its digest.',
  flags: REGISTRY,
  action: async (ctx, run) => {
    const [reference = '', object = '', mediaType = ''] = run.cli.args;
    const digest = parseDigest(object);
    const client = await newClient(ctx, run);
    const registry = await registryClient(ctx, run, reference);
    const blob: Rope = await readBlob(ctx, client, digest);
    await registry.push(ctx, reference, { mediaType, digest, size: blob.length }, blob, true);
    await print(ctx, `Pushed ${digest} ${mediaType}\n`);
  },
};

const PRUNABLE = /^containerd\.io\/gc\.ref\.content\.l\.\d+$/;

const pruneReferencesCommand: Command = {
  name: 'references',
  usage: 'Drop what keeps layers in the store',
  argsUsage: '[flags]',
  flags: [
    { name: 'async', kind: 'bool', usage: 'Do not wait for the collector' },
    { name: 'dry', kind: 'bool', usage: 'Only say what would be dropped' },
  ],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    for (const { digest, labels } of await listContent(ctx, client)) {
      const keys = Object.keys(labels).filter((key) => PRUNABLE.test(key));
      if (keys.length === 0) continue;
      for (const key of keys)
        await log(ctx, run, 'debug', `removing label "${key}" from ${digest} at ${rfc3339(ctx.wallTime)}`);
      if (run.cli.bool('dry')) {
        await print(ctx, keys.map((key) => `Dropping label ${key} from ${digest}\n`).join(''));
        continue;
      }
      const cleared = Object.fromEntries(keys.map((key) => [key, '']));
      await client.call(ctx, methods.Update, {
        info: { digest, labels: cleared },
        updateMask: { paths: keys.map((key) => `labels.${key}`) },
      });
    }
    if (run.cli.bool('dry') || run.cli.bool('async')) return;
    // A lease that goes at once makes the collector run.
    await client.withLease(ctx, async () => {});
  },
};

export const contentCommand: Command = {
  name: 'content',
  usage: 'Manage content',
  subcommands: [
    activeCommand,
    deleteCommand,
    editCommand,
    fetchCommand,
    fetchObjectCommand,
    fetchBlobCommand,
    getCommand,
    ingestCommand,
    listCommand,
    pushObjectCommand,
    labelCommand,
    { name: 'prune', usage: 'Prune content', subcommands: [pruneReferencesCommand] },
  ],
};
