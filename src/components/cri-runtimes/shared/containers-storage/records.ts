/** The JSON records of containers/storage. @models containers/storage 1.60 layers.go, images.go, containers.go @fidelity partial: of the flags only `incomplete`; no mount labels */

export type LayerRecord = {
  id: string;
  names?: string[];
  parent?: string;
  created: string;
  'compressed-diff-digest'?: string;
  'compressed-size'?: number;
  'diff-digest'?: string;
  'diff-size'?: number;
  compression?: number;
  uidset?: number[];
  gidset?: number[];
  /** Set while it is made and while it is removed: whoever finds it so takes it away. */
  flags?: { incomplete?: true };
};

export type ImageRecord = {
  id: string;
  /** Of the manifest. */
  digest: string;
  names?: string[];
  'names-history'?: string[];
  layer: string;
  metadata: string;
  'big-data-names': string[];
  'big-data-sizes': Record<string, number>;
  'big-data-digests': Record<string, string>;
  created: string;
};

/** A line of a map. */
export type IdMapRecord = { container_id: number; host_id: number; size: number };

export type ContainerRecord = {
  id: string;
  names: string[];
  image: string;
  layer: string;
  metadata: string;
  created: string;
  uidmap?: IdMapRecord[];
  gidmap?: IdMapRecord[];
};

/** What CRI-O keeps in a container's metadata; podman's have no pod. */
export type RuntimeMetadata = {
  pod?: boolean;
  'pod-name': string;
  'pod-id': string;
  'image-name': string;
  'image-id': string;
  name?: string;
  'metadata-name': string;
  uid?: string;
  namespace?: string;
  attempt?: number;
  'created-at': number;
  privileged?: boolean;
};
