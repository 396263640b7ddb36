// Run with `npx vitest bench src/protocols/proto`.
import { bench } from 'vitest';
import { ListContainersRequest, ListContainersResponse } from '../cri/generated.ts';
import { listContainersResponse } from './sample.ts';

const response = listContainersResponse(20);
const responseBytes = ListContainersResponse.encode(response);
bench('ListContainersResponse of 20: encode and decode', () => {
  ListContainersResponse.decode(ListContainersResponse.encode(response));
});
bench('ListContainersResponse of 20: encode', () => {
  ListContainersResponse.encode(response);
});
bench('ListContainersResponse of 20: decode', () => {
  ListContainersResponse.decode(responseBytes);
});
bench('ListContainersRequest: encode and decode', () => {
  ListContainersRequest.decode(
    ListContainersRequest.encode({
      filter: { podSandboxId: 'e09c501e332b0822336efd5211c01a6714febb602c9f5462e1c2b0fdb2f45353' },
    }),
  );
});
