/** What the handlers share: the client of Docker, the network plugin, the streaming server. @models kubernetes 1.23 pkg/kubelet/dockershim/docker_service.go, cri-dockerd 0.3.4 core @fidelity partial: no legacy cleanup, no container manager */
import type { Context } from '../../../../linux/context.ts';
import { DockerClient, DockerError } from '../../../../protocols/docker/client.ts';
import type { ContainerJson, Info, Version } from '../../../../protocols/docker/types.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import { StreamingServer } from '../../../../protocols/streaming/server.ts';
import { messageOf } from '../errors.ts';
import type { CniPlugin } from './network.ts';
import { streamRuntime } from './stream-runtime.ts';

export type ShimOptions = {
  /** Of the component, for observers. */
  name: 'dockershim' | 'cri-dockerd';
  dockerEndpoint: string;
  sandboxImage: string;
  network: CniPlugin | null;
  rootDirectory: string;
  /** As the version of its API, that of the CRI rather than Docker's. */
  tellsCriVersion: boolean;
};

export class DockerService {
  readonly docker: DockerClient;
  readonly options: ShimOptions;
  readonly streaming: StreamingServer;

  constructor(options: ShimOptions) {
    this.options = options;
    this.docker = new DockerClient(options.dockerEndpoint.replace(/^unix:\/\//, ''), 'Go-http-client/1.1');
    this.streaming = new StreamingServer(streamRuntime(this));
  }

  checkpoint(id: string): string {
    return `${this.options.rootDirectory}/sandbox/${id}`;
  }

  version(ctx: Context): Promise<Version> {
    return this.docker.json<Version>(ctx, 'GET', '/version');
  }

  info(ctx: Context): Promise<Info> {
    return this.docker.json<Info>(ctx, 'GET', '/info');
  }

  inspect(ctx: Context, id: string): Promise<ContainerJson> {
    return this.docker.json<ContainerJson>(ctx, 'GET', `/containers/${id}/json`);
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof DockerError && error.status === 404;
}

/** What Docker says, as its client library hands it on. */
export function wordsOf(error: unknown): string {
  if (error instanceof DockerError)
    return error.status === 0 || error.message.startsWith('error during connect')
      ? error.message
      : `Error response from daemon: ${error.message}`;
  return messageOf(error);
}

/** An error without a class leaves the socket as Unknown. */
export function toStatus(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  if (isMissing(error)) return new GrpcError(grpcCode.NotFound, wordsOf(error));
  return new GrpcError(grpcCode.Unknown, wordsOf(error));
}

export function wrapped(prefix: string, error: unknown): GrpcError {
  return new GrpcError(grpcCode.Unknown, `${prefix}: ${error instanceof GrpcError ? error.message : wordsOf(error)}`);
}
