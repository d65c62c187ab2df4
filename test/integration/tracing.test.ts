/** For hosts that trace: the API of OpenTelemetry alone, with an SDK of ours in its place. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import { findTracing } from '../../server/tracing.ts';
import { check } from '../../server/domain/verdict.ts';
import { realBooking } from '../sandbox/client/orders.ts';
import { signedIn } from '../sandbox/client/web-client.ts';
import { startWorld } from '../setup/world.ts';

type Told = { name: string; attributes: Record<string, unknown>; ms: number; failed: string | null };

/** As much of an SDK as is called. */
function startTracing(): Told[] {
  const told: Told[] = [];
  const tracer = {
    startSpan(
      name: string,
      { attributes, startTime }: { attributes: Told['attributes']; startTime: number },
    ) {
      let failed: string | null = null;
      return {
        setStatus({ code, message }: { code: SpanStatusCode; message: string }) {
          if (code === SpanStatusCode.ERROR) failed = message;
        },
        end: (endTime: number) => told.push({ name, attributes, ms: endTime - startTime, failed }),
      };
    },
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer } as never);
  return told;
}

afterEach(() => {
  trace.disable();
  context.disable();
});

it('does nothing where nobody traces', () => {
  expect(findTracing()).toBe(null);
});

it('tells of each call to Flex, what it was and what came of it', async () => {
  const told = startTracing();
  await using world = await startWorld();
  const alice = await signedIn(world, 'Alice');
  await alice.post('initiate-privileged', realBooking(world.info));
  await world.scenario({ name: 'status', code: 503, route: 'GET /v1/api/listings/show' });
  await alice.post('initiate-privileged', realBooking(world.info));

  const of = (name: string) =>
    told.filter(span => span.name === name).map(({ attributes, failed }) => [attributes, failed]);
  expect(of('flex /v1/api/transactions/initiate')).toEqual([
    [
      {
        'peer.service': 'flex',
        'url.template': '/v1/api/transactions/initiate',
        'proxy.outcome': '200',
      },
      null,
    ],
  ]);
  expect(of('flex /v1/api/listings/show').map(([, failed]) => failed)).toEqual([null, '503']);
  expect(told.every(({ ms }) => ms > 0 && ms < 60_000)).toBe(true);
});

it("tells the request's span what was thought of the answer", () => {
  startTracing();
  const active = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => active.getStore() ?? ROOT_CONTEXT,
    with: (to: Context, work: (...args: never[]) => unknown) => active.run(to, work),
    disable: () => undefined,
  } as never);
  const events: unknown[] = [];
  const span = { addEvent: (...event: unknown[]) => events.push(event) } as unknown as Span;
  const looked = check({ isSpeculative: false, creation: 'creates', attributes: {} });
  const subject = {
    call: 'initiate' as const,
    isSpeculative: false,
    processName: 'default-booking',
    transition: 'transition/request-payment',
    transactionId: null,
  };

  context.with(trace.setSpan(ROOT_CONTEXT, span), () => findTracing()!.check(looked, subject));
  findTracing()!.check(looked, subject);

  const { transactionId: _none, ...told } = subject;
  expect(events).toEqual([['payment-intent check', { verdict: 'missing', reasons: [], ...told }]]);
});
