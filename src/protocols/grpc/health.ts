/** How a gRPC server says that it is well. @models grpc/health/v1/health.proto @fidelity partial: Check, without Watch */
import { message } from '../proto/message-type.ts';
import { service } from '../proto/service.ts';

type HealthCheckRequest = { service: string };
/** 1: serving. */
type HealthCheckResponse = { status: number };

const request = message<HealthCheckRequest>(
  'grpc.health.v1.HealthCheckRequest',
  () => ({ service: '' }),
  () => [[1, 'service', 'string']],
);
const response = message<HealthCheckResponse>(
  'grpc.health.v1.HealthCheckResponse',
  () => ({ status: 0 }),
  () => [[1, 'status', 'int32']],
);

export const health = service('grpc.health.v1.Health', { Check: [request, response] });
