/** What operators ask is answered in JSON, and described by the schema of the answer. */
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { OperatorViews } from '../../diagnostics/operator-views.ts';
import type { FallbackReadiness } from '../../domain/fallback-readiness.ts';
import type { FallbackOperators } from '../../fallback/operators.ts';
import type { Report } from '../../domain/report.ts';
import { byOperator, errors, json } from '../openapi.ts';

export type OpsDeps = {
  views: OperatorViews;
  /** Asks Flex and Stripe of one booking, now. */
  investigate(transactionId: string, signal: AbortSignal): Promise<Report>;
  /** null where no webhooks are kept. */
  inbox: {
    replay(ids: string[]): Promise<{ events: number; objects: number }>;
    /** null without a Stripe key. */
    pullMissed:
      | ((window: {
          from: number;
          to: number;
        }) => Promise<{ events: number; missed: number; problem: string | null }>)
      | null;
  } | null;
  fallback(): FallbackReadiness;
  fallbackApproval: { approvedBy: string | null; supportCase: string | null };
  /** null where no cases can be kept. */
  fallbackCases: FallbackOperators | null;
  /** As that operator, by the place of the token, and nobody else could. */
  sign(tokenPlace: number, text: string): string;
  /** Beginnings of the digests of OPERATOR_TOKENS, in their order. */
  tokenDigests: string[];
  service: { version: string; environment: string; clientId: string };
  now: () => number;
};

export type Endpoint = { description: ZodOpenApiOperationObject; handler: RequestHandler };

/** What is worked out has to be what is described. */
export const endpoint = <Answer>(
  described: ZodOpenApiOperationObject extends infer Operation ? Omit<Operation, 'responses'> : never,
  answer: z.ZodType<Answer>,
  work: (req: Request, res: Response) => Promise<NoInfer<Answer>>,
): Endpoint => ({
  description: {
    ...described,
    ...byOperator,
    responses: { 200: { description: 'It.', ...json(answer) }, ...errors },
  },
  handler: async (req, res) => {
    res.json(await work(req, res));
  },
});
