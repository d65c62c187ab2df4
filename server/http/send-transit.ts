import type { Response } from 'express';
import type { FlexAnswer } from '../flex/door.ts';
import { wrapped } from '../flex/replies.ts';
import { writeTransit } from '../flex/transit.ts';
import type { CarriedAnswer } from '../transactions/carry.ts';

export function sendTransit(res: Response, status: number, body: unknown, verbose: boolean): void {
  res
    .status(status)
    .set('Content-Type', 'application/transit+json; charset=utf-8')
    .send(writeTransit(body, verbose));
}

/** Flex's answer in the template's wrapping. */
export function sendAnswer(res: Response, answer: FlexAnswer, headers: Record<string, string> = {}): void {
  const body = wrapped(answer);
  res.writeHead(answer.status, {
    ...headers,
    'Content-Type': 'application/transit+json; charset=utf-8',
    'Content-Length': body.length,
  });
  res.end(body);
}

/** The same with our verdict in the headers, and who the payment is by. */
export function sendChecked(res: Response, { answer, check, payment }: CarriedAnswer): void {
  const { id } = answer.transaction;
  sendAnswer(res, answer, {
    'X-Payment-Intent-Verdict': check.verdict,
    'X-Payment-Intent-Source': payment === 'later' ? 'fallback' : (payment ?? 'flex'),
    ...(payment === 'later' && { Location: `/api/payment-intents/${id}`, 'Retry-After': '2' }),
  });
}
