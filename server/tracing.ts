/**
 * For hosts that trace with OpenTelemetry: they load its SDK before us (`node --import`), and of us it hears of each call to Flex
 * and Stripe, and what was thought of an answer. Only the API is loaded here, in no newer version than their SDKs take: one that is newer than
 * the host's is turned away without a word. No id is told but that of the transaction.
 */
import { ProxyTracerProvider, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Check, CheckSubject } from './domain/verdict.ts';
import type { UpstreamCall } from './metrics.ts';
import { VERSION } from './version.ts';

export type Tracing = {
  upstream(call: UpstreamCall): void;
  /** Goes to the span of the request, which the host's instrumentation of HTTP has begun. */
  check(check: Check, subject: CheckSubject): void;
};

/** null where nobody traces: then nothing is done for it. */
export function findTracing(): Tracing | null {
  const provider = trace.getTracerProvider();
  if (provider instanceof ProxyTracerProvider && provider.getDelegate() === NOBODYS) return null;
  const tracer = trace.getTracer('flex-payment-proxy', VERSION);
  return {
    upstream({ upstream, endpoint, outcome, seconds }) {
      const endTime = Date.now();
      const span = tracer.startSpan(`${upstream} ${endpoint}`, {
        kind: SpanKind.CLIENT,
        startTime: endTime - seconds * 1000,
        attributes: { 'peer.service': upstream, 'url.template': endpoint, 'proxy.outcome': outcome },
      });
      if (!/^[23]\d\d$/.test(outcome)) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
      span.end(endTime);
    },
    check({ verdict, reasons }, { call, isSpeculative, processName, transition, transactionId }) {
      trace.getActiveSpan()?.addEvent('payment-intent check', {
        verdict,
        reasons,
        call,
        isSpeculative,
        processName,
        transition,
        ...(transactionId !== null && { transactionId }),
      });
    },
  };
}

/** As long as nobody has put another in its place. */
const NOBODYS = new ProxyTracerProvider().getDelegate();
