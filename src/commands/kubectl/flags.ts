/** Flags that many commands share. */
import type { Pflag } from '../../go/cobra-types.ts';

export const OUTPUT: Pflag = {
  name: 'output',
  short: 'o',
  kind: 'string',
  usage:
    'Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file).',
};
export const TEMPLATE: Pflag = {
  name: 'template',
  kind: 'string',
  usage: 'Template, or the file of one, for -o=go-template and -o=go-template-file.',
};
export const MANAGED_FIELDS: Pflag = {
  name: 'show-managed-fields',
  kind: 'bool',
  usage: 'Keep managedFields in JSON and YAML.',
};
export const PRINT = [OUTPUT, TEMPLATE, MANAGED_FIELDS] as const;

export const FILENAME: readonly Pflag[] = [
  { name: 'filename', short: 'f', kind: 'stringSlice', usage: 'Files, folders or - that hold the objects.' },
  { name: 'recursive', short: 'R', kind: 'bool', usage: 'Read the folders below the folder of -f, too.' },
  { name: 'kustomize', short: 'k', kind: 'string', usage: 'Folder of a kustomization, instead of -f.' },
];

export const SUBRESOURCE: Pflag = {
  name: 'subresource',
  kind: 'string',
  usage: 'The part of the object to change: status, scale or resize.',
};

export const SELECTOR: Pflag = {
  name: 'selector',
  short: 'l',
  kind: 'string',
  usage: "Label query that supports '=', '==', '!=', 'in', 'notin' (e.g. -l key1=value1,key2 in (a,b)).",
};
export const FIELD_SELECTOR: Pflag = {
  name: 'field-selector',
  kind: 'string',
  usage: "Field query that supports '=', '==', '!=' (e.g. --field-selector key1=value1).",
};
export const ALL_NAMESPACES: Pflag = {
  name: 'all-namespaces',
  short: 'A',
  kind: 'bool',
  usage: 'Objects of all namespaces; --namespace is ignored.',
};
export const DRY_RUN: Pflag = {
  name: 'dry-run',
  kind: 'string',
  value: 'none',
  bare: 'unchanged',
  usage: 'One of "none", "server", "client": print what would be sent, or send it without storing it.',
};
export const FIELD_MANAGER = (value: string): Pflag => ({
  name: 'field-manager',
  kind: 'string',
  value,
  usage: 'Name under which the changes are recorded.',
});
export const VALIDATE: Pflag = {
  name: 'validate',
  kind: 'string',
  value: 'strict',
  bare: 'strict',
  usage: 'One of: strict (or true), warn, ignore (or false): what to do about unknown fields.',
};

export const GLOBAL_FLAGS: readonly Pflag[] = [
  { name: 'as', kind: 'string', usage: 'User to impersonate.' },
  { name: 'as-group', kind: 'stringArray', usage: 'Group to impersonate; may be repeated.' },
  { name: 'as-uid', kind: 'string', usage: 'UID to impersonate.' },
  { name: 'as-user-extra', kind: 'stringArray', usage: 'Extras to impersonate; may be repeated.' },
  { name: 'cache-dir', kind: 'string', value: '/root/.kube/cache', usage: 'Folder of the caches' },
  { name: 'certificate-authority', kind: 'string', usage: 'File of the certificate authority' },
  { name: 'client-certificate', kind: 'string', usage: 'File of the client certificate' },
  { name: 'client-key', kind: 'string', usage: 'File of the client key' },
  { name: 'cluster', kind: 'string', usage: 'Name of the cluster in the kubeconfig' },
  { name: 'context', kind: 'string', usage: 'Name of the context in the kubeconfig' },
  { name: 'disable-compression', kind: 'bool', usage: 'Do not ask for compressed answers' },
  { name: 'insecure-skip-tls-verify', kind: 'bool', usage: "Believe any server's certificate" },
  { name: 'kubeconfig', kind: 'string', usage: 'Path of the kubeconfig file' },
  { name: 'kuberc', kind: 'string', usage: 'Path of the kuberc file' },
  { name: 'match-server-version', kind: 'bool', usage: 'Insist on a server of the same version' },
  { name: 'namespace', short: 'n', kind: 'string', usage: 'Namespace of this request' },
  { name: 'password', kind: 'string', usage: 'Password for basic authentication' },
  { name: 'profile', kind: 'string', value: 'none', usage: 'Profile to record' },
  { name: 'profile-output', kind: 'string', value: 'profile.pprof', usage: 'File of the profile' },
  { name: 'request-timeout', kind: 'string', value: '0', usage: 'How long to wait for one answer; 0 for ever' },
  { name: 'server', short: 's', kind: 'string', usage: 'Address and port of the API server' },
  { name: 'tls-server-name', kind: 'string', usage: "Name expected in the server's certificate" },
  { name: 'token', kind: 'string', usage: 'Bearer token' },
  { name: 'user', kind: 'string', usage: 'Name of the user in the kubeconfig' },
  { name: 'username', kind: 'string', usage: 'Username for basic authentication' },
  { name: 'v', short: 'v', kind: 'int', value: 0, usage: 'Verbosity of the log' },
  { name: 'vmodule', kind: 'string', usage: 'Verbosity by file' },
  { name: 'warnings-as-errors', kind: 'bool', usage: 'Fail when the server warns' },
];
