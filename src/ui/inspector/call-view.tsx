/** One call: request and response as fields and bytes, metadata, status, latency, what it caused. */
import { lazy, Suspense } from 'react';
import { callFailed, isOutside, NUMERALS, shortMethod } from '../../projections/layers.ts';
import type { CallRecord, PayloadRef } from '../../projections/trace-index.ts';
import { traceparent } from '../../protocols/rpc/tracing.ts';
import { durationText } from '../format.ts';
import { useNodeView, useT } from '../hooks.ts';
import { session } from '../session.ts';
import { select } from '../store.ts';
import { TypeIt } from '../walk/type-it.tsx';
import { Grips, MadeBy } from './grips.tsx';
import { commandFor } from './send-yourself.ts';
import { SpanTree } from './span-tree.tsx';
import { usePayload, WireFields } from './wire-fields.tsx';

const FollowThis = lazy(() => import('../follow/follow-this.tsx').then((m) => ({ default: m.FollowThis })));

/** Messages whose fields go on from there. */
const FOLLOWED = /^\/runtime\.v1\.RuntimeService\/(?:RunPodSandbox|CreateContainer|UpdateContainerResources)$/;
const MESSAGES_SHOWN_MAX = 20;

export function CallView({ call }: { call: CallRecord }) {
  const t = useT();
  const { view } = useNodeView();
  const request = usePayload(call.request.payload, call.request.type);
  const name = (pid: number): string =>
    `${view.processes.get(pid)?.comm ?? session.history.live.processes.get(pid)?.comm ?? (isOutside(pid) ? call.address : '')} ${isOutside(pid) ? '' : pid}`.trim();
  const command = request == null ? null : commandFor(call.method, request.fields);
  const requested = session.history.events[call.startSeq];
  const deadline = call.metadata['grpc-timeout'] ?? call.metadata.timeout;
  // The caller's span is in every call's headers; the trace does not say it twice.
  const own = call.protocol === 'http' ? {} : { traceparent: traceparent(call.span) };
  const metadata = Object.entries({ ...own, ...call.metadata });
  return (
    <>
      <h2 style={{ color: `var(--${call.stratum})` }}>
        {NUMERALS[call.stratum]} {shortMethod(call.method)}
      </h2>
      <p className="mono soft">
        {call.method.slice(0, call.method.lastIndexOf('/')) || call.protocol} · {call.protocol}
        <br />
        <button type="button" className="link" onClick={() => select({ kind: 'process', pid: call.from })}>
          {name(call.from)}
        </button>{' '}
        →{' '}
        <button type="button" className="link" onClick={() => select({ kind: 'process', pid: call.to })}>
          {name(call.to)}
        </button>
        <br />
        {call.address}
      </p>
      <h3>
        {t('inspector.request', { size: t('bytes', { count: call.request.length }) })}
        {deadline !== undefined && ` · ${t('inspector.deadline', { value: deadline })}`}
      </h3>
      {request !== undefined && (
        <WireFields
          payload={request}
          {...(FOLLOWED.test(call.method) && {
            about: (path) => (
              <Suspense fallback={null}>
                <FollowThis call={call} request={request} path={path} />
              </Suspense>
            ),
          })}
        />
      )}
      {call.messages.slice(0, MESSAGES_SHOWN_MAX).map((message, i) => (
        <Message
          key={message.seq}
          part={message}
          title={t('inspector.message', { n: i + 1, size: t('bytes', { count: message.length }) })}
        />
      ))}
      {call.response === null ? (
        <h3>{t('inspector.inFlight')}</h3>
      ) : (
        <Message
          part={call.response}
          title={t('inspector.response', { size: t('bytes', { count: call.response.length }) })}
        />
      )}
      {call.response !== null && (
        <dl className="facts">
          <dt>{t('inspector.status')}</dt>
          <dd className={callFailed(call.protocol, call.code) ? 'danger' : ''}>
            {call.code} {call.codeName} {call.message}
          </dd>
          <dt>{t('inspector.latency')}</dt>
          <dd>{durationText((call.endTime ?? call.startTime) - call.startTime)}</dd>
        </dl>
      )}
      {metadata.length > 0 && (
        <details>
          <summary>{t('inspector.metadata')}</summary>
          <dl className="facts">
            {metadata.map(([key, value]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      {call.protocol !== 'http' && (
        <>
          <h3>{t('inspector.caused')}</h3>
          <SpanTree root={call.span} />
        </>
      )}
      {requested !== undefined && <MadeBy event={requested} title="inspector.causedBy" />}
      <Grips
        handles={{
          paths: [call.address],
          commands: [],
          making: null,
          breaks: [
            { kind: 'call', method: shortMethod(call.method), failed: false },
            { kind: 'call', method: shortMethod(call.method), failed: true },
            { kind: 'layer', layer: call.stratum },
          ],
        }}
        id=""
        seq={0}
      />
      {command !== null && (
        <>
          <h3>{t('inspector.send')}</h3>
          <TypeIt line={session.onDrawnNode(command)} />
        </>
      )}
    </>
  );
}

function Message({ part, title }: { part: PayloadRef; title: string }) {
  const payload = usePayload(part.payload, part.type);
  return (
    <>
      <h3>{title}</h3>
      {payload !== undefined && <WireFields payload={payload} />}
    </>
  );
}
