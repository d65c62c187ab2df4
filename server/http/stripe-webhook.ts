import type { RequestHandler } from 'express';
import { z } from 'zod';
import { ProxyError } from '../domain/errors.ts';
import type { StripeEventRecord } from '../domain/stripe-event.ts';
import { bytesOf } from './middleware/read-bytes.ts';
import { requestLogOf } from './middleware/request-log.ts';
import { errors, json } from './openapi.ts';

const LARGEST_EVENT = 256 * 1024;

export type WebhookDeps = {
  /** Throws `ProxyError` for what is not from Stripe. */
  read(body: Buffer, signature: string | undefined): StripeEventRecord;
  /** Resolves when it is kept; null where nothing is. */
  take: ((event: StripeEventRecord) => Promise<{ isNew: boolean }>) | null;
};

export const describeWebhook = {
  summary: "Stripe's events: the address for a webhook endpoint",
  requestBody: { content: { 'application/json': { schema: z.looseObject({ id: z.string() }) } } },
  responses: {
    200: { description: 'It is kept.', ...json(z.object({ received: z.literal(true) })) },
    ...errors,
  },
};

/** `POST /api/stripe/webhook`. Answered when the event is kept; what it means is found out later. */
export function stripeWebhook({ read, take }: WebhookDeps): RequestHandler {
  return async (req, res) => {
    const body = await bytesOf(req, LARGEST_EVENT);
    const event = read(body, req.get('stripe-signature'));
    if (!take) throw notKept();
    const { isNew } = await take(event).catch((cause: unknown) => {
      throw notKept(cause);
    });
    requestLogOf(res).info({ eventId: event.id, type: event.type, isNew }, 'stripe event');
    res.json({ received: true });
  };
}

/** Stripe sends it again. */
const notKept = (cause?: unknown) =>
  new ProxyError('not-recorded', {
    status: 503,
    statusText: 'The event can not be kept at the moment. Send it again.',
    data: {},
    retryAfterSeconds: 30,
    cause,
  });
