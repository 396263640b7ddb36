/** @models k8s.io/kubectl pkg/cmd/config set_credentials.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { base64 } from '../../../go/json.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, readFileBytes } from '../../../linux/io.ts';
import type { Kubeconfig } from '../../../protocols/kube/kubeconfig.ts';
import { Failure } from '../failure.ts';
import { loadOrEmpty, pathInConfig, put, saveKubeconfig } from '../kubeconfig-file.ts';
import type { Action, Run } from '../run.ts';

type User = Kubeconfig['users'][number]['user'];
const MODES = ['IfAvailable', 'Never', 'Always'];
const FILES = ['client-certificate', 'client-key'] as const;

export const setCredentials: CobraCommand<Action> = {
  name: 'set-credentials',
  use: 'NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value]',
  short: 'Set a user entry in kubeconfig',
  flags: [
    { name: 'auth-provider', kind: 'string', usage: 'Name of the auth provider.' },
    {
      name: 'auth-provider-arg',
      kind: 'stringSlice',
      usage: "Arguments of it, as 'key=value'; 'key-' takes one away.",
    },
    { name: 'embed-certs', kind: 'bool', usage: 'Write certificate and key themselves into the file.' },
    { name: 'exec-api-version', kind: 'string', usage: 'Version of the API that the plugin speaks.' },
    { name: 'exec-arg', kind: 'stringSlice', usage: "Arguments of the plugin's command." },
    { name: 'exec-command', kind: 'string', usage: 'Command of a plugin that gives the credentials.' },
    { name: 'exec-env', kind: 'stringArray', usage: "Variables of the plugin, as 'key=value'; 'key-' takes one away." },
    { name: 'exec-interactive-mode', kind: 'string', usage: 'Whether the plugin needs standard input.' },
    { name: 'exec-provide-cluster-info', kind: 'bool', usage: 'Tell the plugin about the cluster.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [name, ...more] = cli.args;
    if (name === undefined || more.length > 0)
      throw new Failure(`unexpected args: [${cli.args.join(' ')}]`, { showsHelp: true });
    const providerArgs = edits(run, 'auth-provider-arg');
    const variables = edits(run, 'exec-env');
    if (name === '') throw new Failure('you must specify a non-empty user name');
    const methods = [
      ...(cli.string('token') === '' ? [] : ['--token']),
      ...(cli.string('username') === '' && cli.string('password') === '' ? [] : ['--username/--password']),
    ];
    if (methods.length > 1)
      throw new Failure(
        `you cannot specify more than one authentication method at the same time: ${methods.join(', ')}`,
      );
    const mode = cli.string('exec-interactive-mode');
    if (cli.isSet('exec-interactive-mode') && !MODES.includes(mode))
      throw new Failure('invalid interactive mode type, can be only IfAvailable, Never, Always');
    const embeds = cli.bool('embed-certs');
    if (embeds && FILES.every((key) => cli.string(key) === ''))
      throw new Failure('you must specify a --client-certificate or --client-key to embed');
    const config = await loadOrEmpty(ctx, cli);
    const user: User = { ...config.users.find((one) => one.name === name)?.user };
    for (const key of FILES) {
      const path = cli.string(key);
      if (path === '') continue;
      delete user[key];
      delete user[`${key}-data`];
      if (embeds) user[`${key}-data`] = await embedded(ctx, key, path);
      else user[key] = await pathInConfig(ctx, cli, path);
    }
    for (const key of ['token', 'username', 'password'] as const) if (cli.isSet(key)) user[key] = cli.string(key);
    // One way to say who one is takes the place of the other.
    if (methods[0] === '--token') {
      delete user.username;
      delete user.password;
    } else if (methods.length > 0) delete user.token;
    setProvider(run, user, providerArgs);
    setExec(run, user, variables, mode);
    await saveKubeconfig(ctx, cli, { ...config, users: put(config.users, { name, user }) });
    await print(ctx, `User ${quote(name)} set.\n`);
  },
};

type Edits = { readonly put: ReadonlyMap<string, string>; readonly gone: ReadonlySet<string> };

/** `key=value`, or `key-`. */
function edits({ cli }: Run, flag: string): Edits {
  const put = new Map<string, string>();
  const gone = new Set<string>();
  for (const word of cli.strings(flag)) {
    const equals = word.indexOf('=');
    if (equals > 0) put.set(word.slice(0, equals), word.slice(equals + 1));
    else if (word.endsWith('-')) gone.add(word.slice(0, -1));
    else throw new Failure(`invalid ${flag} format: ${word}`, { showsHelp: true });
  }
  return { put, gone };
}

function setProvider({ cli }: Run, user: User, { put: added, gone }: Edits): void {
  if (cli.isSet('auth-provider')) {
    const name = cli.string('auth-provider');
    if (name === '') delete user['auth-provider'];
    else if (user['auth-provider']?.name !== name) user['auth-provider'] = { name, config: {} };
  }
  const provider = user['auth-provider'];
  if (provider === undefined) return;
  const kept = Object.entries(provider.config ?? {}).filter(([key]) => !gone.has(key));
  user['auth-provider'] = { ...provider, config: Object.fromEntries([...kept, ...added]) };
}

/** Without a command the others change only a plugin that is there. */
function setExec({ cli }: Run, user: User, { put: added, gone }: Edits, mode: string): void {
  if (cli.isSet('exec-command')) {
    const command = cli.string('exec-command');
    if (user.exec?.command !== command) user.exec = { command };
  }
  if (user.exec === undefined) return;
  const exec = { ...user.exec };
  if (cli.isSet('exec-api-version')) exec.apiVersion = cli.string('exec-api-version');
  if (cli.isSet('exec-interactive-mode')) exec.interactiveMode = mode;
  if (cli.isSet('exec-provide-cluster-info')) exec.provideClusterInfo = cli.bool('exec-provide-cluster-info');
  if (cli.isSet('exec-arg')) exec.args = [...cli.strings('exec-arg')];
  if (cli.isSet('exec-env')) {
    const kept = (exec.env ?? []).filter(({ name }) => !gone.has(name));
    const known = new Set(kept.map(({ name }) => name));
    exec.env = [
      ...kept.map(({ name, value }) => ({ name, value: added.get(name) ?? value })),
      ...[...added].filter(([name]) => !known.has(name)).map(([name, value]) => ({ name, value })),
    ];
  }
  user.exec = exec;
}

/** The content of a file, in base64. Throws a Failure. */
export async function embedded(ctx: Context, key: string, path: string): Promise<string> {
  try {
    return base64(await readFileBytes(ctx, path));
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new Failure(`could not stat ${key} file ${path}: stat ${path}: ${error.go}`);
  }
}
