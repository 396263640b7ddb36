/**
 * The simulated API server on a real loopback port, for a real kubectl: plain HTTP outside, the model of TLS inside, where
 * the connection shows the certificate of the cluster's administrator.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../../machine/machine.ts';
import type { ConnectionPort } from '../../machine/ports.ts';
import { type Certificate, TlsClientHandshake } from '../../protocols/distribution/tls-model.ts';
import type { Bridge } from './bridge.ts';

const API_PORT = 6443;
/** As in the admin.conf that kubeadm writes. */
const ADMINISTRATOR: Certificate = {
  subject: 'kubernetes-admin',
  issuer: 'kubernetes',
  dnsNames: [],
  organizations: ['kubeadm:cluster-admins'],
};

export type ServedApi = { url: string; kubeconfig: string; remove(): void };

/** Null when nothing listens on the API server's port. */
export async function serveKubeApi(machine: Machine, bridge: Bridge): Promise<ServedApi | null> {
  const { listeners } = machine.kernel.initialNamespaces.net;
  if (![...listeners.keys()].some((address) => address.endsWith(`:${API_PORT}`))) return null;
  const server = bridge.serverFor({ family: 'inet', host: '127.0.0.1', port: API_PORT }, secured);
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen({ host: '127.0.0.1', port: 0 }, done);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-kube-'));
  const kubeconfig = join(directory, 'config');
  writeFileSync(kubeconfig, configText(url), { mode: 0o600 });
  return { url, kubeconfig, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A connection that has shown its certificate before anything of the client's goes through it. */
function secured(machine: Machine): ConnectionPort {
  const port = machine.connect({ family: 'inet', host: '127.0.0.1', port: API_PORT });
  const handshake = new TlsClientHandshake(ADMINISTRATOR);
  let waiting: Uint8Array[] | null = [];
  let ended = false;
  const listeners: ((bytes: Uint8Array) => void)[] = [];
  port.onData((bytes) => {
    if (waiting === null) {
      for (const listener of listeners) listener(bytes);
      return;
    }
    const answer = handshake.receive(bytes);
    if (answer === null) return;
    port.drained();
    port.write(answer.send);
    for (const early of waiting) port.write(early);
    waiting = null;
    if (ended) port.end();
    if (answer.rest.length > 0) for (const listener of listeners) listener(answer.rest);
  });
  port.write(handshake.hello('127.0.0.1'));
  return {
    write: (bytes) => (waiting === null ? port.write(bytes) : void waiting.push(bytes)),
    end: () => {
      ended = true;
      if (waiting === null) port.end();
    },
    hangUp: () => port.hangUp(),
    onData: (listener) => void listeners.push(listener),
    drained: () => port.drained(),
    get pendingBytes() {
      return port.pendingBytes;
    },
    get closed() {
      return port.closed;
    },
  };
}

const configText = (server: string): string => `apiVersion: v1
kind: Config
clusters:
- cluster:
    server: ${server}
  name: cutaway
contexts:
- context:
    cluster: cutaway
    user: kubernetes-admin
  name: kubernetes-admin@cutaway
current-context: kubernetes-admin@cutaway
users:
- name: kubernetes-admin
  user: {}
`;
