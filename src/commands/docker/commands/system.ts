/** docker version, info, inspect, events. @models docker/cli 20.10 cli/command/system, cli/command/inspect @fidelity partial: info leaves out plugins, runtimes and swarm */
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import { rfc3339NanoFixed } from '../../../go/time.ts';
import { bytesSize } from '../../../go/units.ts';
import { print, printError } from '../../../linux/io.ts';
import { API_VERSION, DockerError } from '../../../protocols/docker/client.ts';
import type { EngineEvent, Info, Version } from '../../../protocols/docker/types.ts';
import { BUILD, type Command, Failure, filtersOf, needArguments, render, VERSION, wordsOf } from '../run.ts';
import { sinceText } from './containers.ts';

const CLIENT = {
  Version: VERSION,
  ApiVersion: API_VERSION,
  GoVersion: 'go1.15.15',
  GitCommit: BUILD,
  Built: 'Sun May  7 13:39:24 2023',
  Os: 'linux',
  Arch: 'amd64',
  Context: 'default',
  Experimental: 'true',
};

export const versionCommand: Command = {
  name: 'version',
  short: 'Show the Docker version information',
  flags: [{ name: 'format', short: 'f', kind: 'string', usage: 'Print with a Go template' }],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS]', 0, 0);
    let server: Version | null = null;
    let fault: DockerError | null = null;
    try {
      server = await client.json<Version>(ctx, 'GET', '/version');
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      fault = error;
    }
    const format = cli.string('format');
    if (format !== '') await print(ctx, `${render(format, { Client: CLIENT, Server: server })}\n`);
    else {
      const line = (name: string, value: string): string => ` ${`${name}:`.padEnd(19)}${value}\n`;
      let text = 'Client:\n';
      for (const [name, value] of [
        ['Version', CLIENT.Version],
        ['API version', CLIENT.ApiVersion],
        ['Go version', CLIENT.GoVersion],
        ['Git commit', CLIENT.GitCommit],
        ['Built', CLIENT.Built],
        ['OS/Arch', 'linux/amd64'],
        ['Context', CLIENT.Context],
        ['Experimental', CLIENT.Experimental],
      ] as const)
        text += line(name, value);
      if (server !== null) {
        text += '\nServer:\n';
        for (const { Name, Version: version, Details } of server.Components) {
          text += ` ${Name}:\n`;
          const sub = (name: string, value: string): string => `  ${`${name}:`.padEnd(18)}${value}\n`;
          text += sub('Version', version);
          if (Name === 'Engine') {
            text += sub('API version', `${server.ApiVersion} (minimum version ${server.MinAPIVersion})`);
            text += sub('Go version', server.GoVersion);
            text += sub('Git commit', server.GitCommit);
            text += sub('Built', CLIENT.Built);
            text += sub('OS/Arch', `${server.Os}/${server.Arch}`);
            text += sub('Experimental', Details['Experimental'] ?? 'false');
          } else text += sub('GitCommit', Details['GitCommit'] ?? '');
        }
      }
      await print(ctx, text);
    }
    if (fault !== null) throw new Failure(wordsOf(fault));
  },
};

export const infoCommand: Command = {
  name: 'info',
  short: 'Display system-wide information',
  flags: [{ name: 'format', short: 'f', kind: 'string', usage: 'Print with a Go template' }],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS]', 0, 0);
    const head = 'Client:\n Context:    default\n Debug Mode: false\n\nServer:\n';
    let info: Info;
    try {
      info = await client.json<Info>(ctx, 'GET', '/info');
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      if (cli.string('format') === '') await print(ctx, head);
      throw new Failure(`ERROR: ${wordsOf(error)}\nerrors pretty printing info`);
    }
    if (cli.string('format') !== '') return print(ctx, `${render(cli.string('format'), info)}\n`);
    const lines = [
      `Containers: ${info.Containers}`,
      ` Running: ${info.ContainersRunning}`,
      ` Paused: ${info.ContainersPaused}`,
      ` Stopped: ${info.ContainersStopped}`,
      `Images: ${info.Images}`,
      `Server Version: ${info.ServerVersion}`,
      `Storage Driver: ${info.Driver}`,
      ...info.DriverStatus.map(([name, value]) => ` ${name}: ${value}`),
      `Logging Driver: ${info.LoggingDriver}`,
      `Cgroup Driver: ${info.CgroupDriver}`,
      `Cgroup Version: ${info.CgroupVersion}`,
      `Default Runtime: ${info.DefaultRuntime}`,
      `Init Binary: ${info.InitBinary}`,
      `containerd version: ${info.ContainerdCommit.ID}`,
      `runc version: ${info.RuncCommit.ID}`,
      `init version: ${info.InitCommit.ID}`,
      'Security Options:',
      ...info.SecurityOptions.map((one) => ` ${one.replace('name=', '')}`),
      `Kernel Version: ${info.KernelVersion}`,
      `Operating System: ${info.OperatingSystem}`,
      `OSType: ${info.OSType}`,
      `Architecture: ${info.Architecture}`,
      `CPUs: ${info.NCPU}`,
      `Total Memory: ${bytesSize(info.MemTotal)}`,
      `Name: ${info.Name}`,
      `ID: ${info.ID}`,
      `Docker Root Dir: ${info.DockerRootDir}`,
      'Debug Mode: false',
      `Registry: ${info.IndexServerAddress}`,
      'Experimental: false',
      `Live Restore Enabled: ${info.LiveRestoreEnabled}`,
    ];
    await print(ctx, `${head}${lines.map((line) => ` ${line}\n`).join('')}\n`);
  },
};

export const inspectCommand: Command = {
  name: 'inspect',
  short: 'Return low-level information on Docker objects',
  flags: [
    { name: 'format', short: 'f', kind: 'string', usage: 'Print with a Go template' },
    { name: 'size', short: 's', kind: 'bool', usage: 'Sizes, too: not simulated' },
    { name: 'type', kind: 'string', usage: 'container or image' },
  ],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] NAME|ID [NAME|ID...]\n\nReturn low-level information on Docker objects', 1);
    const type = cli.string('type');
    const found: JsonValue[] = [];
    const failed: string[] = [];
    for (const name of cli.args) {
      let one: JsonValue | null = null;
      for (const kind of ['container', 'image'] as const) {
        if (one !== null || (type !== '' && type !== kind)) continue;
        try {
          one = await client.json<JsonValue>(ctx, 'GET', `/${kind}s/${name}/json`);
        } catch (error) {
          if (!(error instanceof DockerError)) throw error;
          if (error.status !== 404) throw error;
        }
      }
      if (one === null) failed.push(`Error: No such ${type === '' ? 'object' : type}: ${name}`);
      else found.push(one);
    }
    const format = cli.string('format');
    if (format === '') await print(ctx, found.length === 0 ? '[]\n' : `${marshalJson(found, { indent: '    ' })}\n`);
    else for (const one of found) await print(ctx, `${render(format, one)}\n`);
    if (failed.length > 0) {
      await printError(ctx, `${failed.join('\n')}\n`);
      return 1;
    }
    return 0;
  },
};

export const eventsCommand: Command = {
  name: 'events',
  short: 'Get real time events from the server',
  flags: [
    { name: 'filter', short: 'f', kind: 'stringArray', usage: 'Filter by conditions: not simulated' },
    { name: 'since', kind: 'string', usage: 'Since a time, or for so long' },
    { name: 'until', kind: 'string', usage: 'Until a time, or so long ago' },
  ],
  action: async (ctx, { cli, client }) => {
    const query = {
      since: cli.string('since') === '' ? undefined : sinceText(ctx, cli.string('since')),
      until: cli.string('until') === '' ? undefined : sinceText(ctx, cli.string('until')),
      filters: filtersOf(cli.strings('filter')),
    };
    let rest = '';
    const decoder = new TextDecoder();
    await client.stream(ctx, 'GET', '/events', { query }, async (c, data) => {
      const lines = (rest + decoder.decode(data, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { Type, Action, Actor, timeNano } = JSON.parse(line) as EngineEvent;
        const attributes = Object.entries(Actor.Attributes)
          .map(([k, v]) => `${k}=${v}`)
          .sort()
          .join(', ');
        await print(c, `${rfc3339NanoFixed(BigInt(timeNano))} ${Type} ${Action} ${Actor.ID} (${attributes})\n`);
      }
      return true;
    });
  },
};
