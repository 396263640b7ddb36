/**
 * Requests that are approved get their certificate from the cluster's authority.
 * @models kubernetes 1.36 pkg/controller/certificates/signer
 * @fidelity partial: no approval by itself, no clean-up; usages and durations are not looked at
 */
import { base64 } from '../../../go/json.ts';
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { subjectOfRequest } from '../../../protocols/distribution/signing-request.ts';
import { encodePem } from '../../../protocols/distribution/tls-model.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import type { Condition, KubeObject } from '../../../protocols/kube/types.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { share } from './shared.ts';

type SigningRequest = KubeObject & {
  spec: { request: string; signerName: string };
  status?: { conditions?: Condition[]; certificate?: string };
};

const SIGNERS = [
  'kubernetes.io/kube-apiserver-client',
  'kubernetes.io/kube-apiserver-client-kubelet',
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/legacy-unknown',
];

/** `issuer`: the authority's common name. */
export function startCertificates(ctx: Context, client: KubeClient, issuer: string): void {
  const requests = share<SigningRequest>(ctx, client, 'certificatesigningrequests');
  const queue = startWorkQueue(ctx, 'certificates', async (c, key) => {
    const request = requests.items.get(key);
    const { conditions = [], certificate } = request?.status ?? {};
    const has = (type: string): boolean => conditions.some((one) => one.type === type);
    if (request === undefined || certificate !== undefined || !has('Approved') || has('Failed')) return undefined;
    if (!SIGNERS.includes(request.spec.signerName)) return undefined;
    const subject = subjectOfRequest(request.spec.request);
    const refuse = (message: string): Condition[] => [
      ...conditions,
      {
        lastTransitionTime: rfc3339(c.wallTime),
        lastUpdateTime: rfc3339(c.wallTime),
        message,
        reason: 'SignerValidationFailure',
        status: 'True',
        type: 'Failed',
      },
    ];
    const serving = request.spec.signerName === 'kubernetes.io/kubelet-serving';
    const status =
      subject === null
        ? { conditions: refuse('unable to parse csr') }
        : !serving && subject.organizations.includes('system:masters')
          ? { conditions: refuse('organization "system:masters" is not allowed') }
          : {
              conditions,
              certificate: base64(
                new TextEncoder().encode(
                  encodePem({
                    subject: subject.commonName,
                    issuer,
                    dnsNames: subject.dnsNames,
                    organizations: subject.organizations,
                  }),
                ),
              ),
            };
    await client.update(c, 'certificatesigningrequests', { ...request, status }, 'status');
    return undefined;
  });
  requests.onChange((_, after) => {
    if (after !== null) queue.add(after.metadata.name);
  });
}
