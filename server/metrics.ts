/** What is counted, for Prometheus. Labels are routes, endpoints and codes: never an id, and never anything that a caller chose. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export type UpstreamCall = {
  upstream: 'flex' | 'flex-assets' | 'stripe' | 'flex-integration';
  endpoint: string;
  /** A status, or the code of what went wrong. */
  outcome: string;
  seconds: number;
};

export type Metrics = {
  request(request: { route: string; method: string; status: number; seconds: number }): void;
  upstream(call: UpstreamCall): void;
  check(verdict: string): void;
  /** Numbers that are looked up when somebody asks. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** In Prometheus's text format. */
  text(): Promise<string>;
  contentType: string;
};

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
  });
  const upstream = new Histogram({
    name: 'proxy_upstream_duration_seconds',
    help: 'Calls to Flex and Stripe, by endpoint and outcome: a status, or what went wrong.',
    labelNames: ['upstream', 'endpoint', 'outcome'],
    buckets: BUCKETS,
    registers,
  });
  const checks = new Counter({
    name: 'proxy_payment_intent_checks_total',
    help: 'Looks at a PaymentIntent in an answer of Flex, by verdict.',
    labelNames: ['verdict'],
    registers,
  });
  return {
    request: ({ route, method, status, seconds }) => requests.observe({ route, method, status }, seconds),
    upstream: ({ seconds, ...labels }) => upstream.observe(labels, seconds),
    check: verdict => checks.inc({ verdict }),
    gauge(name, help, read) {
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          async collect() {
            this.set(await read());
          },
        }),
      );
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
