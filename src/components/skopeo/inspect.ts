/** skopeo inspect. @models skopeo 1.18 cmd/skopeo/inspect.go @fidelity partial: no retries, no choice of platform */
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { executeTemplate } from '../../go/template.ts';
import { JSON_FUNCTION, type TemplateFunction } from '../../go/template-funcs.ts';
import { print } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import type { ImageConfig, ImageManifest } from '../../protocols/oci/types.ts';
import { failure, messageOf } from '../cri-runtimes/shared/errors.ts';
import type { Command } from './run.ts';
import { around, type OpenImage, openImage, parseReference } from './transports.ts';

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([JSON_FUNCTION]);

export const inspectCommand: Command = {
  name: 'inspect',
  use: 'IMAGE-NAME',
  short: 'Show an image: its digest, tags, layers and settings',
  flags: [
    { name: 'config', kind: 'bool', usage: 'show its configuration instead' },
    { name: 'format', short: 'f', kind: 'string', usage: 'print with a Go template' },
    { name: 'no-tags', short: 'n', kind: 'bool', usage: 'do not ask for the other tags of the repository' },
    { name: 'raw', kind: 'bool', usage: 'show the manifest or the configuration as it is stored' },
  ],
  action: async (ctx, cli) => {
    const [name] = cli.args;
    if (cli.args.length !== 1 || name === undefined) throw failure('Exactly one argument expected');
    let image: OpenImage;
    try {
      image = await openImage(ctx, parseReference(name));
    } catch (error) {
      around(`Error parsing image name "${name}"`, error);
    }
    const format = cli.string('format');
    const show = async (value: unknown): Promise<void> => {
      if (format === '') return print(ctx, `${marshalJson(value as JsonValue, { indent: '    ' })}\n`);
      const result = executeTemplate('', format.replaceAll('\\n', '\n').replaceAll('\\t', '\t'), value, FUNCTIONS);
      if (!result.ok) throw failure(result.error);
      await print(ctx, `${result.text}\n`);
    };
    try {
      if (cli.bool('raw'))
        return await print(ctx, `${utf8((cli.bool('config') ? image.config : image.top.body).bytes())}`);
      const config = JSON.parse(utf8(image.config.bytes())) as ImageConfig;
      if (cli.bool('config')) return await show(config);
      const manifest = JSON.parse(utf8(image.manifest.body.bytes())) as ImageManifest;
      const tags = cli.bool('no-tags')
        ? []
        : await image.tags(ctx).catch((error: unknown) => around('Error determining repository tags', error));
      await show({
        ...(image.repository === '' ? {} : { Name: image.repository }),
        Digest: image.top.digest,
        RepoTags: tags,
        Created: config.created ?? null,
        DockerVersion: (config as { docker_version?: string }).docker_version ?? '',
        Labels: config.config?.Labels ?? null,
        Architecture: config.architecture,
        Os: config.os,
        Layers: manifest.layers.map(({ digest }) => digest),
        LayersData: manifest.layers.map(({ mediaType, digest, size, annotations }) => ({
          MIMEType: mediaType,
          Digest: digest,
          Size: size,
          Annotations: annotations ?? null,
        })),
        Env: config.config?.Env ?? null,
      });
    } finally {
      await image.close(ctx);
    }
  },
};

export const listTagsCommand: Command = {
  name: 'list-tags',
  use: 'REPOSITORY-NAME',
  short: 'List the tags of a repository',
  action: async (ctx, cli) => {
    const [name] = cli.args;
    if (cli.args.length !== 1 || name === undefined) throw failure('Exactly one non-option argument expected');
    const { transport, text } = parseReference(name);
    if (transport !== 'docker')
      throw failure(`Unsupported transport '${transport}' for tag listing. Only supported: docker, docker-archive`);
    const last = text.slice(text.lastIndexOf('/') + 1);
    if (/[:@]/.test(last)) throw failure(`No tag or digest allowed in reference`);
    let image: OpenImage;
    try {
      image = await openImage(ctx, { transport, text });
    } catch (error) {
      throw failure(`Error listing repository tags: ${messageOf(error)}`);
    }
    const Tags = await image.tags(ctx);
    await image.close(ctx);
    await print(ctx, `${marshalJson({ Repository: image.repository, Tags }, { indent: '    ' })}\n`);
  },
};
