/** ctr install. @models containerd 2.1 cmd/ctr/commands/install, client/install.go @fidelity full */
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, writeFile } from '../../../linux/io.ts';
import { IntrospectionService } from '../../../protocols/containerd/services/introspection/v1/generated.ts';
import { decompressed } from '../../../protocols/oci/compression.ts';
import { readTar } from '../../../protocols/oci/tar.ts';
import { readBlob } from '../../common/containerd/content.ts';
import { getImage, resolveImage } from '../../common/containerd/image.ts';
import { type Command, fail, newClient } from '../run.ts';

const OPT_PATH = '/opt/containerd';

export const installCommand: Command = {
  name: 'install',
  usage: 'Install a package',
  argsUsage: '[flags] <ref>',
  description: 'puts the programs of an image into the directory that containerd looks for programs in',
  flags: [
    { name: 'libs', aliases: ['l'], kind: 'bool', usage: 'The libraries of the image as well' },
    { name: 'replace', aliases: ['r'], kind: 'bool', usage: 'Replace files that are there' },
    { name: 'path', kind: 'string', usage: 'Another directory to install to' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const client = await newClient(ctx, run);
    const image = await resolveImage(ctx, client, await getImage(ctx, client, cli.args[0] ?? ''));
    const asked = cli.string('path');
    const { plugins } = await client.call(ctx, IntrospectionService.methods.Plugins, { filters: ['id==opt'] });
    const root = asked === '' ? (plugins[0]?.exports['path'] ?? OPT_PATH) : asked;
    for (const layer of image.manifest.layers) {
      const blob = await readBlob(ctx, client, layer.digest);
      for (const entry of readTar(decompressed(blob))) {
        const isWanted = entry.name.startsWith('bin/') || (cli.bool('libs') && entry.name.startsWith('lib/'));
        if (!isWanted || entry.type === 'directory') continue;
        const path = `${root}/${entry.name}`;
        if (!cli.bool('replace') && (await exists(ctx, path))) fail(`cannot replace ${entry.name} in ${root}`);
        await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o711);
        try {
          await ctx.sys.unlink(ctx, path);
        } catch (error) {
          if (!isErrno(error, 'ENOENT')) throw error;
        }
        if (entry.type === 'symlink') await ctx.sys.symlink(ctx, entry.linkName, path);
        else if (entry.type === 'hardlink') await ctx.sys.link(ctx, `${root}/${entry.linkName}`, path);
        else if (entry.type === 'file') await writeFile(ctx, path, entry.content, { mode: entry.mode });
      }
    }
  },
};
