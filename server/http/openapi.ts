/** The description of every address of the service, made from the schemas that the endpoints parse with. */
import type { RequestHandler } from 'express';
import { createDocument, type CreateDocumentOptions, type ZodOpenApiOperationObject } from 'zod-openapi';
import { z } from 'zod';
import { verdicts } from '../domain/verdict.ts';
import { VERSION } from '../version.ts';

export type Described = Record<string, { [Method in 'get' | 'post' | 'delete']?: ZodOpenApiOperationObject }>;

const localApiError = z
  .object({
    name: z.literal('LocalAPIError'),
    message: z.string(),
    status: z.int(),
    statusText: z.string().meta({ description: 'One sentence that says what is wrong.' }),
    data: z.unknown().optional().meta({ description: 'What Flex said, or an empty map.' }),
    code: z.string().meta({ description: 'What went wrong, for programs.', example: 'bad-request' }),
    requestId: z.string(),
  })
  .meta({ id: 'LocalAPIError' });

/** An error of any status: clients read `code` and `statusText`. */
export const errors = {
  '4XX': {
    description: 'The request is refused.',
    content: { 'application/json': { schema: localApiError } },
  },
  '5XX': {
    description: 'Not done, or not known whether it was done (`code` says which).',
    content: { 'application/json': { schema: localApiError } },
  },
};

const answer = z.object({
  status: z.int(),
  statusText: z.string(),
  data: z.record(z.string(), z.unknown()).meta({ description: "Flex's answer, as its own SDK decodes it." }),
});

/** Transit, described as what it decodes to. */
export const transit = (schema: z.ZodType) => ({ content: { 'application/transit+json': { schema } } });

export const answerOfFlex = { description: "Flex's answer, with its status.", ...transit(answer) };

export const checkedAnswer = {
  ...answerOfFlex,
  description: "Flex's answer, and what we think of the PaymentIntent in it.",
  headers: z.object({
    'X-Payment-Intent-Verdict': z.enum(verdicts),
    'X-Payment-Intent-Source': z.enum(['flex', 'recovered', 'fallback']),
    'X-Request-Id': z.string(),
  }),
};

/** In place of an answer with a PaymentIntent of the fallback that is not ready yet. */
export const laterAnswer = {
  description:
    "The order stands, and what it is paid with is being prepared: Flex's answer without a PaymentIntent. `Location` says where to ask, to a client that says `X-Payment-Client: 1`.",
  ...transit(answer),
  headers: checkedAnswer.headers.extend({ Location: z.string(), 'Retry-After': z.string() }),
};

export const paymentClientHeader = {
  'X-Payment-Client': z.enum(['1']).optional().meta({
    description:
      'The client can finish a payment of the fallback (`POST /api/confirm-payment`). Without it no client secret of one is handed out.',
  }),
};

export const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });

export const byOperator = { security: [{ operator: [] }] };

/** Who an address is for: the first that fits. */
const AUDIENCES: { paths: RegExp; name: string; description: string }[] = [
  {
    paths: /^\/api\/(?!stripe\/)/,
    name: 'Marketplace',
    description: "What the marketplace's web client calls.",
  },
  { paths: /^\/(ops\/|metrics$)/, name: 'Operators', description: 'For operators, with a token.' },
  { paths: /^\/(api\/)?stripe\//, name: 'Stripe', description: 'What Stripe calls.' },
  { paths: /^\//, name: 'Service', description: 'What hosts call, and whoever wants to know more.' },
];

function forAudience(path: string, operations: Described[string]): Described[string] {
  const tags = AUDIENCES.filter(({ paths }) => paths.test(path))
    .map(({ name }) => name)
    .slice(0, 1);
  return Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => [method, { ...operation, tags }]),
  );
}

function openApiDocument(paths: Described) {
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'flex-payment-proxy',
        version: VERSION,
        description:
          'Privileged payment calls of a Sharetribe marketplace, priced on the server, with a verdict on each PaymentIntent. ' +
          'Bodies of `/api` are transit and described here as what they decode to.',
      },
      tags: AUDIENCES.map(({ name, description }) => ({ name, description })),
      paths: Object.fromEntries(
        Object.entries(paths).map(([path, operations]) => [path, forAudience(path, operations)]),
      ),
      components: {
        securitySchemes: {
          operator: { type: 'http', scheme: 'bearer', description: 'One of OPERATOR_TOKENS.' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'st-<client id>-token',
            description: "The session cookie of the marketplace's web client.",
          },
        },
      },
    },
    { override: withoutLimitsOfJavaScript },
  );
}

/** That a number is one says nothing to a reader, and becomes the example. */
const withoutLimitsOfJavaScript: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema }) => {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};

/** `GET /openapi.json`: open, for it says nothing that the sources do not. */
export function openApi(paths: Described): RequestHandler {
  const text = JSON.stringify(openApiDocument(paths));
  return (_req, res) => {
    res.type('application/json').send(text);
  };
}
