/** What is counted, for Prometheus. Labels are routes, endpoints and codes: never an id, and never anything that a caller chose. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { together } from './together.ts';

export type UpstreamCall = {
  upstream: 'flex' | 'flex-assets' | 'stripe' | 'flex-integration';
  endpoint: string;
  /** A status, or the code of what went wrong. */
  outcome: string;
  seconds: number;
};

export type AnsweredRequest = { route: string; method: string; status: number; seconds: number };

export type Metrics = {
  request(request: AnsweredRequest): void;
  upstream(call: UpstreamCall): void;
  check(verdict: string): void;
  /** Numbers that are looked up when somebody asks. Where that fails they are left out. */
  gauge(shown: Shown): void;
  /** The same for what only grows. */
  counter(shown: Omit<Shown, 'of'>): void;
  /** In Prometheus's text format. */
  text(): Promise<string>;
  /** The same for whoever adds up those of several processes. */
  values(): Promise<object[]>;
  contentType: string;
};

type Shown = {
  name: string;
  help: string;
  /** Of one thing, or of several by their names, which `label` says what they are. */
  read: () => Numbers | Promise<Numbers>;
  label?: string;
  /** Several processes: each has its own part, or all look at the same thing, and the worst counts. */
  of: 'part' | 'whole';
};
type Numbers = number | Record<string, number>;

/** Seconds. A quote takes tens of milliseconds, a booking up to ten seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Histogram({
    name: 'proxy_request_duration_seconds',
    help: 'Requests that were answered, by route, method and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: BUCKETS,
    registers,
    collect: () => answered.now(),
  });
  const answered = together<AnsweredRequest>(all => {
    for (const { route, method, status, seconds } of all)
      requests.observe({ route, method, status }, seconds);
  });
  const calls = new Histogram({
    name: 'proxy_upstream_duration_seconds',
    help: 'Calls to Flex and Stripe, by endpoint and outcome: a status, or what went wrong.',
    labelNames: ['upstream', 'endpoint', 'outcome'],
    buckets: BUCKETS,
    registers,
    collect: () => called.now(),
  });
  const called = together<UpstreamCall>(all => {
    for (const { upstream, endpoint, outcome, seconds } of all)
      calls.observe({ upstream, endpoint, outcome }, seconds);
  });
  const checks = new Counter({
    name: 'proxy_payment_intent_checks_total',
    help: 'Looks at a PaymentIntent in an answer of Flex, by verdict.',
    labelNames: ['verdict'],
    registers,
  });
  return {
    request: answered.put,
    upstream: called.put,
    check: verdict => checks.inc({ verdict }),
    gauge({ of, label, read, ...named }) {
      const gauge: Gauge = new Gauge({
        ...named,
        labelNames: label === undefined ? [] : [label],
        aggregator: of === 'part' ? 'sum' : 'max',
        registers,
        collect: () => show(read, label, gauge, (labels, value) => gauge.set(labels, value)),
      });
    },
    counter({ label, read, ...named }) {
      const counter: Counter = new Counter({
        ...named,
        labelNames: label === undefined ? [] : [label],
        registers,
        collect: () => show(read, label, counter, (labels, value) => counter.inc(labels, value)),
      });
    },
    text: () => registry.metrics(),
    values: () => registry.getMetricsAsJSON(),
    contentType: registry.contentType,
  };
}

/** What does not answer in time is left out: whoever asks would otherwise get nothing at all. */
const LONGEST_MS = 2_000;

async function show(
  read: Shown['read'],
  label: string | undefined,
  metric: { reset(): void },
  set: (labels: Record<string, string>, value: number) => void,
): Promise<void> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(late.resolve, LONGEST_MS, null);
  const numbers = await Promise.race([Promise.try(read).catch(() => null), late.promise]);
  clearTimeout(timer);
  metric.reset();
  if (numbers === null) return;
  if (typeof numbers === 'number') set({}, numbers);
  else for (const [name, value] of Object.entries(numbers)) set({ [label!]: name }, value);
}
