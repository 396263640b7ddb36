/** A kubeconfig as it is written. Apart from reading it, which takes a YAML parser that a booting node does not need yet. */
import { base64 } from '../../go/json.ts';
import { type Certificate, encodePem } from '../distribution/tls-model.ts';

/** The file kubeadm writes for one client of one cluster. */
export function kubeconfigText(options: {
  server: string;
  ca: Certificate;
  user: string;
  certificate: Certificate;
}): string {
  const data = (certificate: Certificate): string => base64(new TextEncoder().encode(encodePem(certificate)));
  const { server, user } = options;
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${data(options.ca)}
    server: ${server}
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: ${user}
  name: ${user}@kubernetes
current-context: ${user}@kubernetes
kind: Config
users:
- name: ${user}
  user:
    client-certificate-data: ${data(options.certificate)}
    client-key-data: ${base64(new TextEncoder().encode('-----BEGIN PRIVATE KEY-----\nkeys are not simulated\n-----END PRIVATE KEY-----\n'))}
`;
}
