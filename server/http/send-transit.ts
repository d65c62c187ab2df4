import type { Response } from 'express';
import { writeTransit } from '../flex/transit.ts';
import type { CheckedAnswer } from '../transactions/privileged-call.ts';

export function sendTransit(res: Response, status: number, body: unknown, verbose: boolean): void {
  res
    .status(status)
    .set('Content-Type', 'application/transit+json; charset=utf-8')
    .send(writeTransit(body, verbose));
}

/** Flex's answer in the template's wrapping, and our verdict on it in the headers. */
export function sendChecked(res: Response, { answer, check }: CheckedAnswer, verbose: boolean): void {
  const { status, statusText, data } = answer;
  res.set({ 'X-Payment-Intent-Verdict': check.verdict, 'X-Payment-Intent-Source': 'flex' });
  sendTransit(res, status, { status, statusText, data }, verbose);
}
