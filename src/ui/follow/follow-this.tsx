/** A field of a CRI message that is pointed at leads to its whole way. */
import { useEffect, useState } from 'react';
import { fieldOfMessage } from '../../projections/follow-field/field-of-message.ts';
import { podsOf } from '../../projections/rooms.ts';
import type { CallRecord } from '../../projections/trace-index.ts';
import type { WireNode } from '../../protocols/wire-view.ts';
import { session } from '../session.ts';
import { followField } from '../store.ts';
import type { PayloadView } from '../worker/contract.ts';
import { useFollowMessages } from './use-follow-messages.ts';

export function FollowThis({
  call,
  request,
  path,
}: {
  call: CallRecord;
  request: PayloadView | null;
  path: readonly WireNode[];
}) {
  const t = useFollowMessages();
  const container = useContainer(call, request);
  const field = fieldOfMessage(call.method, path);
  if (t === null || container === null || field === null) return null;
  return (
    <p>
      <button type="button" onClick={() => followField(container, field)}>
        {t('this')}
      </button>
    </p>
  );
}

/** The container that the call is about; of a sandbox the first in it. */
function useContainer(call: CallRecord, request: PayloadView | null): string | null {
  const [found, setFound] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    const named = (payload: PayloadView | null, name: string): string | null =>
      payload?.fields.find((field) => field.name === name)?.text ?? null;
    const find = async (): Promise<string | null> => {
      if (call.method.endsWith('/UpdateContainerResources')) return named(request, 'container_id');
      const { response } = call;
      if (response === null) return null;
      const answer = (await session.link?.api.payload(response.payload, response.type)) ?? null;
      if (call.method.endsWith('/CreateContainer')) return named(answer, 'container_id');
      const sandbox = named(answer, 'pod_sandbox_id');
      const pod = podsOf(session.history.live).find(({ id }) => id === sandbox);
      return pod?.containers.find((each) => !each.sandbox)?.id ?? null;
    };
    void find().then((id) => {
      if (current) setFound(id);
    });
    return () => {
      current = false;
    };
  }, [call, request]);
  return found;
}
