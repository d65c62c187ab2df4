import type { Response } from 'express';
import { wrapped } from '../flex/replies.ts';
import { writeTransit } from '../flex/transit.ts';
import type { CheckedAnswer } from '../transactions/privileged-call.ts';

export function sendTransit(res: Response, status: number, body: unknown, verbose: boolean): void {
  res
    .status(status)
    .set('Content-Type', 'application/transit+json; charset=utf-8')
    .send(writeTransit(body, verbose));
}

/** Flex's answer in the template's wrapping, and our verdict on it in the headers. */
export function sendChecked(res: Response, { answer, check }: CheckedAnswer): void {
  const body = wrapped(answer);
  res.writeHead(answer.status, {
    'X-Payment-Intent-Verdict': check.verdict,
    'X-Payment-Intent-Source': 'flex',
    'Content-Type': 'application/transit+json; charset=utf-8',
    'Content-Length': body.length,
  });
  res.end(body);
}
