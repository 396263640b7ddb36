/** @models docker-library/hello-world hello.c @fidelity partial: the text below the first line is our own */
import { print } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';

const TEXT = `
Hello from Docker!
You see these lines because a container ran: an image was pulled from a registry, its layer
became a root file system, and the one program in it, /hello, was started in namespaces of its own.

What happened on the way:
 1. A client asked the container runtime for a container of the image "hello-world".
 2. The runtime fetched the image from Docker Hub, unless it was there already.
 3. It made a container from it and ran its program, which wrote this.
 4. What the program writes goes through the runtime back to you.

Something bigger to try: a container with a shell in it, from the image "alpine" or "busybox".

`;

export const hello: Program = {
  name: 'hello',
  startCpuNs: 30_000,
  rssBytes: 100 * 1024,
  main: async (ctx) => {
    await print(ctx, TEXT);
    return 0;
  },
};
