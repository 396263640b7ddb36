/**
 * Ports, mounts, configs and secrets of a service as flags of `nerdctl run`.
 * @models nerdctl v2.3.5 pkg/composer/serviceparser/serviceparser.go servicePortConfigToFlagP, serviceVolumeConfigToFlagV, fileReferenceConfigToFlagV
 * @fidelity full
 */
import { fail } from '../run.ts';
import { absolutePath, cleanPath } from './load/canonical.ts';
import type { FileReference, Mount, Port, Project } from './load/model.ts';
import { unknownFields } from './warnings.ts';

export type Warn = (message: string) => void;

function ignored(warn: Warn, place: string, shape: string, value: unknown, known: string): void {
  const unknown = unknownFields(shape, value, known);
  if (unknown.length > 0) warn(`Ignoring: ${place}: [${unknown.join(' ')}]`);
}

export function portFlag(port: Port, warn: Warn): string {
  ignored(warn, 'port', 'Port', port, 'Mode HostIP Target Published Protocol');
  const { mode = '', host_ip: ip = '', target = 0, published = '', protocol = '' } = port;
  if (mode !== '' && mode !== 'ingress') fail(`unsupported port mode: ${mode}`);
  if (target <= 0) fail(`unsupported port number: ${target}`);
  const host = ip === '' ? '' : ip.includes(':') ? `[${ip}]:` : `${ip}:`;
  return `${host}${published}:${target}${protocol === '' ? '' : `/${protocol}`}`;
}

export type MountFlag = { readonly flag: string /** Made when it is not there. */; readonly directory: string | null };

export function mountFlag(mount: Mount, project: Project, warn: Warn): MountFlag {
  ignored(warn, 'volume', 'Mount', mount, 'Type Source Target ReadOnly Bind Volume Tmpfs');
  if (mount.bind !== undefined) ignored(warn, 'volume: Bind', 'Bind', mount.bind, 'CreateHostPath Propagation');
  if (mount.volume !== undefined) ignored(warn, 'volume: Volume', 'VolumeOptions', mount.volume, '');
  const { type = '', source = '', target = '', read_only: isReadOnly = false } = mount;
  if (target === '') fail('volume target is missing');
  if (!target.startsWith('/')) fail(`volume target must be an absolute path, got ${JSON.stringify(target)}`);
  if (type === 'tmpfs') {
    const { size = 0, mode = 0 } = mount.tmpfs ?? {};
    const options = [
      ...(isReadOnly ? ['ro'] : []),
      ...(size === 0 ? [] : [`size=${size}`]),
      ...(mode === 0 ? [] : [`mode=${mode.toString(8)}`]),
    ];
    return { flag: options.length === 0 ? target : `${target}:${options.join(',')}`, directory: null };
  }
  // An anonymous volume.
  if (source === '') return { flag: isReadOnly ? `${target}:ro` : target, directory: null };
  const options: string[] = [];
  let from: string;
  let directory: string | null = null;
  if (type === 'volume') {
    from = project.volumes[source]?.name ?? fail(`invalid volume ${JSON.stringify(source)}`);
  } else if (type === 'bind') {
    from = absolutePath(source, project);
    if (mount.bind?.create_host_path === true) directory = from;
    const { propagation = '' } = mount.bind ?? {};
    if (propagation !== '') options.push(propagation);
  } else return fail(`unsupported volume type: ${JSON.stringify(type)}`);
  if (isReadOnly) options.push('ro');
  return { flag: `${from}:${target}${options.length === 0 ? '' : `:${options.join(',')}`}`, directory };
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

export function fileFlag(reference: FileReference, project: Project, kind: 'config' | 'secret', warn: Warn): string {
  ignored(warn, kind, 'FileReference', reference, 'Source Target UID GID Mode');
  const { source = '', uid = '', gid = '' } = reference;
  if (!NAME.test(source))
    fail(
      `invalid source name for ${kind}: identifier ${source === '' ? 'must not be empty ' : `${JSON.stringify(source)} must match pattern "^[a-zA-Z0-9][a-zA-Z0-9_.-]+$": `}invalid argument`,
    );
  const object = (kind === 'secret' ? project.secrets : project.configs)[source];
  if (object === undefined) return fail(`${kind} ${source} is undefined`);
  const from = absolutePath(object.file ?? '', project);
  const base = kind === 'secret' ? '/run/secrets' : '';
  let target = reference.target ?? '';
  if (target === '') target = `${base}/${source}`;
  else {
    target = cleanPath(target);
    if (!target.startsWith('/')) {
      if (kind === 'config')
        fail(`config ${source}: target ${JSON.stringify(reference.target)} must be an absolute path`);
      target = `${base}/${target}`;
    }
  }
  if (uid !== '') fail(`${kind} ${source}: unsupported field: UID`);
  if (gid !== '') fail(`${kind} ${source}: unsupported field: GID`);
  if (reference.mode !== undefined) fail(`${kind} ${source}: unsupported field: Mode`);
  return `${from}:${target}:ro`;
}
