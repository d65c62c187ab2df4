/** Plays what happened to a booking through the real proxy and the sandbox, and asks what was wrong with it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { diagnose, type Diagnosis } from '../../server/domain/diagnosis/diagnose.ts';
import { processEvidence } from '../../server/domain/diagnosis/transaction-evidence.ts';
import { createIntegrationDoor } from '../../server/flex/integration.ts';
import { loadProcesses } from '../../server/flex/process-files.ts';
import { createStripeDoor } from '../../server/stripe/door.ts';
import type { OwnRecord, Report } from '../../server/domain/report.ts';
import { investigate } from '../../server/verification/investigate.ts';
import type { Cause } from '../../server/domain/diagnosis/causes.ts';
import { listingTitled, realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { signedIn, type LocalApiAnswer, type WebClient } from '../sandbox/client/web-client.ts';
import { operatorSdk, stripeClient, types } from './flex-sdks.ts';
import { startWorld, type World } from './world.ts';

export type Step =
  | ({ do: 'scenario'; name: string } & Record<string, unknown>)
  | { do: 'speculate'; listing?: string }
  | ({ do: 'book' } & Order)
  | { do: 'inquire'; listing?: string }
  /** From the inquiry, through the proxy. */
  | { do: 'request-payment' }
  | { do: 'pay'; card?: string }
  | { do: 'authenticate'; passed: boolean }
  /** Made by the browser, or the provider, with Flex itself. */
  | { do: 'transition'; name: string; by?: 'Petra' | 'operator' }
  | { do: 'wait'; minutes: number }
  /** Flex gets a version of the process without this action. */
  | { do: 'push-process-without'; process: string; action: string }
  | { do: 'price'; listing: string; amount: number | null; currency?: string }
  | { do: 'close-listing'; listing: string }
  | { do: 'change-at-stripe'; change: Record<string, unknown> }
  /** A script makes a PaymentIntent of its own for the transaction. */
  | { do: 'second-intent' }
  /** As the fallback makes it. */
  | { do: 'own-intent' }
  | { do: 'capture' | 'cancel' }
  | { do: 'metadata'; metadata: Record<string, unknown> }
  | { do: 'roll-secret'; of: 'application' | 'integration' }
  | { do: 'our-key'; is: 'revoked' | 'without-permission' };

type Order = {
  listing?: string;
  params?: Record<string, unknown>;
  bodyParams?: Record<string, unknown>;
  orderData?: Record<string, unknown>;
  idempotencyKey?: string;
};

export type LabelledIncident = {
  name: string;
  steps: Step[];
  /** `call`: with our own record of the last call. `id`: from the transaction's id alone. A text: of that id. */
  look: 'call' | 'id' | (string & {});
  expected: Cause;
};

export type Player = AsyncDisposable & {
  play(incident: LabelledIncident): Promise<{ diagnosis: Diagnosis; report: Report | null }>;
};

const inRepo = (directory: string) => path.join(import.meta.dirname, '../..', directory);
const SHIPPED = inRepo('ext/transaction-processes');
const OTHERS = ['transaction-processes', 'incident-processes'].map(name => inRepo(`test/fixtures/${name}`));

export async function startPlayer(): Promise<Player> {
  const processes = new Map(
    [SHIPPED, ...OTHERS].flatMap(directory => [...loadProcesses(directory).processes]),
  );
  // No file of ours for this one, although the server lets it through.
  processes.delete('invitation');
  const world = await startWorld({
    sandbox: { processes: OTHERS },
    environment: {
      REQUEST_BUDGET_MS: '1200',
      RATE_LIMIT_PER_ADDRESS: '0',
      RATE_LIMIT_PER_SESSION: '0',
      PRIVILEGED_TRANSITIONS: 'invitation/pay,forgotten-payment/request-payment',
    },
  });
  for (const [name, process] of processes) world.context.processes.set(name, process);
  const records: (OwnRecord & { transactionId: string | null })[] = [];
  const { observer } = world.context;
  const checked = observer.checked;
  observer.checked = (check, subject) => {
    checked(check, subject);
    records.push({
      at: new Date(world.sandbox.now()),
      call: subject,
      check,
      transactionId: subject.transactionId,
    });
  };
  observer.refused = (refusal, { processName, ...call }) => {
    records.push({
      at: new Date(world.sandbox.now()),
      call: { ...call, processName: processName ?? '' },
      refusal,
      transactionId: call.transactionId,
    });
  };

  let plays = 0;
  return {
    async play(incident) {
      world.sandbox.reset();
      // Tokens of another play must not come again: the proxy remembers those that it renewed.
      plays += 1;
      for (let used = 0; used < plays; used += 1) world.sandbox.flex().random.uuid();
      records.length = 0;
      const scene = await newScene(world);
      for (const step of incident.steps) await take(scene, step);
      const own = incident.look === 'call' ? records.at(-1) : undefined;
      const subject = ['call', 'id'].includes(incident.look)
        ? (own?.transactionId ?? scene.transactionId)
        : incident.look;
      if (subject === null) {
        const { call, check, refusal } = own!;
        const process = processEvidence(processes, call.processName, call.transition);
        const diagnosis = diagnose({ call, process, ...(check && { check }), ...(refusal && { refusal }) });
        return { diagnosis, report: null };
      }
      const integration = createIntegrationDoor(world.info.integration, world.info.integration.clientSecret);
      try {
        const report = await investigate(
          {
            integration,
            stripe: createStripeDoor(scene.stripeKey, world.info.stripe.baseUrl),
            processes,
            ownRecord: () => Promise.resolve(own ?? null),
            now: () => world.sandbox.now(),
          },
          subject,
          AbortSignal.timeout(10_000),
        );
        return { diagnosis: report.diagnosis, report };
      } finally {
        integration.close();
      }
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

type Scene = {
  world: World;
  alice: WebClient;
  transactionId: string | null;
  stripeKey: string;
  answer: LocalApiAnswer | null;
};

const newScene = async (world: World): Promise<Scene> => ({
  world,
  alice: await signedIn(world, 'Alice'),
  transactionId: null,
  stripeKey: world.info.stripe.secretKey,
  answer: null,
});

async function take(scene: Scene, step: Step): Promise<void> {
  const { world, alice } = scene;
  const { info, sandbox } = world;
  const learn = (answer: LocalApiAnswer) => {
    scene.answer = answer;
    if (answer.status === 200) scene.transactionId = answer.body.data.data.id.uuid;
  };
  switch (step.do) {
    case 'scenario': {
      const { do: _do, ...scenario } = step;
      return world.scenario(scenario);
    }
    case 'speculate':
      return learn(
        await alice.post('initiate-privileged', speculativeBooking(info, orderOf(world, step.listing))),
      );
    case 'book': {
      const { do: _do, listing, idempotencyKey, ...overrides } = step;
      const order = orderOf(world, listing);
      const body = realBooking(info, {
        ...order,
        ...overrides,
        params: { ...order.params, ...overrides.params },
      });
      const headers = idempotencyKey === undefined ? {} : { 'X-Idempotency-Key': idempotencyKey };
      return learn(await alice.post('initiate-privileged', body, { headers }));
    }
    case 'inquire': {
      const listing = listingTitled(info, step.listing ?? 'Lakeside');
      const { data } = (await alice.sdk.transactions.initiate({
        processAlias: listing.processAlias,
        transition: 'transition/inquire',
        params: { listingId: new types.UUID(listing.id) },
      })) as any;
      scene.transactionId = data.data.id.uuid;
      return undefined;
    }
    case 'request-payment': {
      const { bodyParams, ...rest } = realBooking(info);
      const { listingId: _listing, ...params } = bodyParams.params;
      const transition = 'transition/request-payment-after-inquiry';
      const body = { ...rest, bodyParams: { id: new types.UUID(scene.transactionId!), transition, params } };
      return learn(await alice.post('transition-privileged', body));
    }
    case 'pay': {
      const browser = stripeClient(info, info.stripe.publishableKey);
      const intent = intentOf(scene);
      await browser.paymentIntents
        .confirm(intent.id, {
          ...({ client_secret: intent.clientSecret } as object),
          payment_method: step.card ?? 'pm_card_visa',
        })
        .catch(() => undefined);
      return undefined;
    }
    case 'authenticate': {
      const body = JSON.stringify({ paymentIntent: intentOf(scene).id, passed: step.passed });
      await fetch(`${sandbox.url}/sandbox/stripe/authenticate`, { method: 'POST', body });
      return undefined;
    }
    case 'transition': {
      if (step.by === 'operator') {
        await operatorSdk(info).transactions.transition({
          id: scene.transactionId!,
          transition: `transition/${step.name}`,
          params: {},
        });
        return undefined;
      }
      const client = step.by ? await signedIn(world, step.by) : alice;
      await client.sdk.transactions.transition({
        id: new types.UUID(scene.transactionId!),
        transition: `transition/${step.name}`,
        params: {},
      });
      return undefined;
    }
    case 'wait':
      await sandbox.advance(step.minutes * 60_000);
      return undefined;
    case 'push-process-without': {
      const file = path.join(SHIPPED, step.process, 'process.edn');
      const edn = readFileSync(file, 'utf8').replaceAll(`{:name :action/${step.action}}`, '');
      sandbox.flex().processes.push(step.process, edn, file);
      return undefined;
    }
    case 'price': {
      const listing = sandbox.flex().listings.get(listingTitled(info, step.listing).id)!;
      const currency = step.currency ?? listing.price!.currency;
      listing.price = step.amount === null ? null : { amount: step.amount, currency };
      return undefined;
    }
    case 'close-listing':
      sandbox.flex().listings.get(listingTitled(info, step.listing).id)!.state = 'closed';
      return undefined;
    case 'change-at-stripe':
      await stripeClient(info).paymentIntents.update(intentOf(scene).id, step.change);
      return undefined;
    case 'second-intent':
      await stripeClient(info).paymentIntents.create({
        amount: 15_750,
        currency: 'eur',
        metadata: { 'sharetribe-transaction-id': scene.transactionId! },
      });
      return undefined;
    case 'own-intent':
      await stripeClient(info).paymentIntents.create({
        amount: 15_750,
        currency: 'eur',
        capture_method: 'manual',
        allowed_payment_method_types: ['card'],
        on_behalf_of: 'acct_1SbxPetraHealthy',
        transfer_data: { destination: 'acct_1SbxPetraHealthy' },
        application_fee_amount: 2_250,
        metadata: { 'sharetribe-transaction-id': scene.transactionId! },
      });
      return undefined;
    case 'capture':
    case 'cancel':
      await stripeClient(info).paymentIntents[step.do](intentOf(scene).id);
      return undefined;
    case 'metadata':
      await operatorSdk(info).transactions.updateMetadata({
        id: new types.UUID(scene.transactionId!),
        metadata: step.metadata,
      });
      return undefined;
    case 'roll-secret':
      sandbox.flex()[step.of] = { ...sandbox.flex()[step.of], clientSecret: 'rolled' };
      return undefined;
    case 'our-key': {
      if (step.is === 'revoked') {
        scene.stripeKey = sandbox.stripe().platform.flexRevokedKey;
        return undefined;
      }
      const body = JSON.stringify({ scopes: { events: 'read' } });
      const response = await fetch(`${sandbox.url}/sandbox/stripe/keys`, { method: 'POST', body });
      scene.stripeKey = ((await response.json()) as { key: string }).key;
    }
  }
}

const HOUR = 3_600_000;

/** What the checkout page of that kind of listing sends. */
function orderOf({ info }: World, title = 'Lakeside') {
  const { unitType } = listingTitled(info, title);
  const day = (days: number) => Math.floor(info.now / (24 * HOUR) + days) * 24 * HOUR;
  const noDates = { bookingStart: undefined, bookingEnd: undefined };
  if (unitType === 'item')
    return {
      listing: title,
      params: { ...noDates, stockReservationQuantity: 1 },
      orderData: { deliveryMethod: 'pickup' },
    };
  if (unitType === 'file') return { listing: title, params: noDates };
  if (unitType === 'hour')
    return {
      listing: title,
      start: new Date(day(30) + 9 * HOUR),
      end: new Date(day(30) + 11 * HOUR),
      params: {},
    };
  return { listing: title, params: {} };
}

/** The transaction's PaymentIntent at Stripe, whatever Flex shows of it. */
function intentOf({ world, transactionId }: Scene) {
  const all = [...world.sandbox.stripe().paymentIntents.values()];
  return all.find(({ metadata }) => metadata['sharetribe-transaction-id'] === transactionId)!;
}
