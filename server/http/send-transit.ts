import type { Response } from 'express';
import { writeVerbose } from '../flex/transit-writer.ts';
import { writeTransit } from '../flex/transit.ts';
import type { CheckedAnswer } from '../transactions/privileged-call.ts';

export function sendTransit(res: Response, status: number, body: unknown, verbose: boolean): void {
  res
    .status(status)
    .set('Content-Type', 'application/transit+json; charset=utf-8')
    .send(writeTransit(body, verbose));
}

/**
 * Flex's answer in the template's wrapping, and our verdict on it in the headers. The answer's own bytes go into a verbose
 * envelope: the client's reader takes either form of transit.
 */
export function sendChecked(res: Response, { answer, check }: CheckedAnswer): void {
  const { status, statusText, bytes } = answer;
  const envelope = writeVerbose({ status, statusText });
  const body = Buffer.concat([Buffer.from(`${envelope.slice(0, -1)},"~:data":`), bytes, CLOSING]);
  res.writeHead(status, {
    'X-Payment-Intent-Verdict': check.verdict,
    'X-Payment-Intent-Source': 'flex',
    'Content-Type': 'application/transit+json; charset=utf-8',
    'Content-Length': body.length,
  });
  res.end(body);
}

const CLOSING = Buffer.from('}');
