import fc from 'fast-check';
import { ProxyError } from '../../../server/domain/errors.ts';
import {
  metadataWith,
  offerOf,
  protectedDataFor,
  type MadeTransition,
  type Move,
  type Offer,
} from '../../../server/domain/offers.ts';

/** The negotiation of default-negotiation, written down a second time: what can be done in which state, by whom. */
const moves: Record<string, { from: string; to: string; by: string; price: 'new' | 'before' | 'none' }> = {
  'make-offer': { from: 'start', to: 'offer', by: 'provider', price: 'new' },
  inquire: { from: 'start', to: 'inquiry', by: 'provider', price: 'none' },
  'make-offer-after-inquiry': { from: 'inquiry', to: 'offer', by: 'provider', price: 'new' },
  'request-quote': { from: 'start', to: 'request', by: 'customer', price: 'none' },
  'make-offer-from-request': { from: 'request', to: 'offer', by: 'provider', price: 'new' },
  'update-offer': { from: 'offer', to: 'update', by: 'provider', price: 'new' },
  'update-from-update-pending': { from: 'update', to: 'update', by: 'provider', price: 'new' },
  'accept-update': { from: 'update', to: 'offer', by: 'customer', price: 'none' },
  'customer-make-counter-offer': { from: 'offer', to: 'counter', by: 'customer', price: 'new' },
  'provider-make-counter-offer': { from: 'counter', to: 'offer', by: 'provider', price: 'new' },
  'customer-withdraw-counter-offer': { from: 'counter', to: 'offer', by: 'customer', price: 'before' },
  'provider-reject-counter-offer': { from: 'counter', to: 'offer', by: 'provider', price: 'before' },
  'provider-accept-counter-offer': { from: 'counter', to: 'offer', by: 'provider', price: 'none' },
};

/** A transaction as far as offers go, and the price on the table as the model knows it. */
type Talk = {
  state: string;
  metadata: Record<string, unknown> | null;
  transitions: MadeTransition[];
  /** Every price that was on the table, whatever brought it there. */
  prices: number[];
};

const start: Talk = { state: 'start', metadata: { note: 'kept' }, transitions: [], prices: [] };

const moveOf = (talk: Talk, name: string, offerInSubunits?: number): Move => {
  const { by, price } = moves[name]!;
  return {
    transition: `transition/${name}`,
    actor: by,
    orderData: { actor: by, ...(price === 'new' && { offerInSubunits }) },
    offers: talk.metadata?.['offers'],
    transitions: talk.transitions,
  };
};

function step(talk: Talk, name: string, amount: number): Talk {
  const { to, by } = moves[name]!;
  const offer = offerOf(moveOf(talk, name, amount));
  return {
    state: to,
    metadata: metadataWith(talk.metadata, offer),
    transitions: [...talk.transitions, { transition: `transition/${name}`, by }],
    prices: offer ? [...talk.prices, offer.offerInSubunits] : talk.prices,
  };
}

/** A negotiation of up to twenty moves, each possible where it is made. */
const talks = fc
  .array(fc.record({ choice: fc.nat(), amount: fc.integer({ min: 1, max: 9_999_999 }) }), { maxLength: 20 })
  .map(choices =>
    choices.reduce<{ name: string; amount: number; state: string }[]>((made, { choice, amount }) => {
      const state = made.at(-1)?.state ?? 'start';
      const possible = Object.keys(moves).filter(name => moves[name]!.from === state);
      const name = possible[choice % possible.length]!;
      return [...made, { name, amount, state: moves[name]!.to }];
    }, []),
  );

const play = (made: { name: string; amount: number }[]): Talk =>
  made.reduce((talk, { name, amount }) => step(talk, name, amount), start);

function refusalOf(work: () => unknown): ProxyError {
  try {
    work();
  } catch (error) {
    if (error instanceof ProxyError) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

const offersOf = (talk: Talk) => (talk.metadata?.['offers'] ?? []) as Offer[];

describe('offerOf', () => {
  it('keeps a history of one offer for each move that changes the price, and all other metadata', () => {
    fc.assert(
      fc.property(talks, made => {
        const talk = play(made);
        const priced = talk.transitions.filter(
          ({ transition }) => moves[String(transition).slice('transition/'.length)]!.price !== 'none',
        );
        return (
          talk.metadata?.['note'] === 'kept' &&
          JSON.stringify(offersOf(talk).map(({ transition, by }) => ({ transition, by }))) ===
            JSON.stringify(priced)
        );
      }),
    );
  });

  it('brings back the price before, when a counter offer is withdrawn or rejected', () => {
    fc.assert(
      fc.property(talks, made => {
        const talk = play(made);
        if (talk.state !== 'counter') return true;
        const names = ['customer-withdraw-counter-offer', 'provider-reject-counter-offer'];
        return names.every(name => step(talk, name, 0).prices.at(-1) === talk.prices.at(-2));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a history that was tampered with, whatever was done to it', () => {
    const tampering = fc.constantFrom<(offers: Offer[]) => unknown>(
      offers => offers.slice(1),
      offers => [...offers, offers[0]],
      offers => offers.slice(0, -1),
      offers => offers.with(0, { ...offers[0]!, by: offers[0]!.by === 'provider' ? 'customer' : 'provider' }),
      offers => [...offers.slice(0, -1), { ...offers.at(-1)!, transition: 'transition/inquire' }],
      offers => offers.with(0, null as never),
      () => 'offers',
      () => ({ length: 0 }),
      () => [],
    );
    fc.assert(
      fc.property(talks, tampering, (made, tamper) => {
        const talk = play(made);
        const next = Object.keys(moves).find(
          name => moves[name]!.from === talk.state && moves[name]!.price === 'new',
        );
        if (next === undefined || offersOf(talk).length === 0) return true;
        const offers = tamper(offersOf(talk));
        const error = refusalOf(() => offerOf({ ...moveOf(talk, next, 100), offers }));
        return (
          error.code === 'offer-history-invalid' &&
          error.status === 400 &&
          error.statusText === 'Past negotiation offers are invalid'
        );
      }),
      { numRuns: 500 },
    );
  });

  it.each([0, -1, 1.5, NaN, Infinity, 2 ** 53, '100', null, undefined, { amount: 100 }])(
    'refuses an offer of %p',
    offerInSubunits => {
      const move = { ...moveOf(start, 'make-offer'), orderData: { actor: 'provider', offerInSubunits } };

      expect(refusalOf(() => offerOf(move))).toMatchObject({
        status: 400,
        code: 'offer-invalid',
        statusText: expect.stringContaining('offerInSubunits must be a whole number'),
      });
    },
  );

  it.each<[string, string, Record<string, unknown>]>([
    ['an amount, where nobody offers', 'request-payment', { offerInSubunits: 1 }],
    ['money, where nobody offers', 'request-payment', { offer: { amount: 1, currency: 'EUR' } }],
    ['money beside the amount', 'make-offer', { offer: { amount: 1, currency: 'EUR' }, offerInSubunits: 5 }],
    ['an amount for a withdrawal', 'customer-withdraw-counter-offer', { offerInSubunits: 1 }],
  ])('refuses %s', (_what, name, orderData) => {
    const move = { transition: `transition/${name}`, actor: null, orderData, offers: [], transitions: [] };

    expect(refusalOf(() => offerOf(move))).toMatchObject({ status: 400, code: 'offer-unexpected' });
  });

  it('is nothing for a transition that makes no offer, whatever the history is', () => {
    const move = { transition: 'transition/request-payment', actor: 'customer', transitions: [] };

    expect(offerOf({ ...move, orderData: { actor: 'provider' }, offers: 'broken' })).toBeUndefined();
    expect(metadataWith({ note: 'kept' }, undefined)).toEqual({ note: 'kept' });
    expect(metadataWith(null, undefined)).toBeNull();
  });

  it.each<[string | null, unknown, string]>([
    ['provider', 'provider', 'provider'],
    ['provider', undefined, 'provider'],
    ['customer', null, 'customer'],
    [null, 'customer', 'customer'],
  ])('is by %p where the process says so and the browser says %p: %p', (actor, sent, by) => {
    const move = { ...moveOf(start, 'make-offer'), actor, orderData: { actor: sent, offerInSubunits: 5 } };

    expect(offerOf(move)?.by).toBe(by);
  });

  it.each<[string | null, unknown]>([
    ['provider', 'customer'],
    [null, undefined],
    [null, 'operator'],
    ['operator', undefined],
  ])('is refused where the process says %p and the browser %p', (actor, sent) => {
    const move = { ...moveOf(start, 'make-offer'), actor, orderData: { actor: sent, offerInSubunits: 5 } };

    expect(() => offerOf(move)).toThrow('actor must be');
  });

  it('can not take back what has nothing before it', () => {
    const transitions = [{ transition: 'transition/customer-make-counter-offer', by: 'customer' }];
    const offers = [
      { offerInSubunits: 5, by: 'customer', transition: 'transition/customer-make-counter-offer' },
    ];
    const move = moveOf(start, 'customer-withdraw-counter-offer');

    expect(refusalOf(() => offerOf({ ...move, transitions, offers }))).toMatchObject({
      code: 'offer-history-invalid',
      data: { offers },
    });
  });
});

describe('protectedDataFor', () => {
  const said = {
    customerDefaultMessage: 'Hello',
    customer_size: 'L',
    customers: 3,
    providerDefaultMessage: 'Hi',
  };
  const offer = (transition: string, by = 'provider') => ({
    transition: `transition/${transition}`,
    by,
    offerInSubunits: 5,
  });

  it.each([
    'make-offer',
    'make-offer-after-inquiry',
    'make-offer-from-request',
    'update-offer',
    'update-from-update-pending',
  ])('leaves out of a %s what only the customer may say', transition => {
    expect(protectedDataFor(offer(transition), said)).toEqual({ customers: 3, providerDefaultMessage: 'Hi' });
  });

  it.each([undefined, offer('customer-make-counter-offer', 'customer'), offer('make-offer', 'customer')])(
    'leaves all as it is for %j',
    given => {
      expect(protectedDataFor(given, said)).toEqual(said);
    },
  );
});
