/** The notifications of the lane, and the files that the Flex CLI pushes with a process. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEDNString } from 'edn-data';

const processes = path.join(import.meta.dirname, '../../ext/transaction-processes');

type Notification = { name: string; on: string; to: string; template: string };

const fileOf = (name: string) =>
  parseEDNString(readFileSync(path.join(processes, name, 'process.edn'), 'utf8'), {
    mapAs: 'object',
    keywordAs: 'string',
  }) as { transitions: { name: string }[]; notifications: Notification[] };

describe.each(['default-booking', 'default-purchase'])('%s', name => {
  const { transitions, notifications } = fileOf(name);
  const templates = path.join(processes, name, 'templates');
  const text = (template: string, ending: string) =>
    readFileSync(path.join(templates, template, `${template}-${ending}`), 'utf8');

  it('tells parties of the lane only: of the normal way the marketplace tells itself', () => {
    expect(notifications.length).toBeGreaterThan(10);
    for (const { on } of notifications) expect(on).toMatch(/-fallback$/);
    expect(notifications.filter(({ on }) => !transitions.some(transition => transition.name === on))).toEqual(
      [],
    );
  });

  it('has a subject and a text for each, and none too many', () => {
    const used = [...new Set(notifications.map(({ template }) => template))].toSorted();

    expect(readdirSync(templates).toSorted()).toEqual(used);
    for (const template of used)
      expect(readdirSync(path.join(templates, template)).toSorted()).toEqual([
        `${template}-html.html`,
        `${template}-subject.txt`,
      ]);
  });

  it('leads each to the page of that party, and names no payment', () => {
    for (const { template, to } of notifications) {
      const html = text(template, 'html.html');
      const page = to === 'actor.role/customer' ? 'order' : 'sale';

      expect(html).toContain(`{{marketplace.url}}/${page}/{{url-encode transaction.id}}/`);
      expect(html + text(template, 'subject.txt')).not.toMatch(/PaymentIntent|Stripe|fallback|metadata/i);
    }
  });

  it('uses what Flex knows in an e-mail, and nothing else', () => {
    const known = [
      'marketplace.name',
      'marketplace.url',
      'transaction.customer.display-name',
      'transaction.listing.title',
      'transaction.provider.display-name',
      'url-encode transaction.id',
    ];
    for (const { template } of notifications) {
      const both = text(template, 'html.html') + text(template, 'subject.txt');
      const asked = [...both.matchAll(/\{\{(.*?)\}\}/g)].map(match => match[1]!);

      expect(asked.filter(variable => !known.includes(variable))).toEqual([]);
      expect(text(template, 'subject.txt').trim().split('\n')).toHaveLength(1);
    }
  });

  it.each(['customer', 'provider'])('leaves the %s no end that nobody tells', to => {
    const told = new Set(
      notifications.filter(entry => entry.to === `actor.role/${to}`).map(({ on }) => on.split('/')[1]),
    );
    const ends = name === 'default-booking' ? ENDS_OF_BOOKING[to]! : ENDS_OF_PURCHASE[to]!;

    expect(ends.filter(end => !told.has(end))).toEqual([]);
  });
});

it('has templates for none of the others', () => {
  for (const name of ['default-download', 'default-inquiry', 'default-negotiation'])
    expect(existsSync(path.join(processes, name, 'templates'))).toBe(false);
});

/** What one party does not see because the other, time or the operator made it. */
const ENDS_OF_BOOKING: Record<string, string[]> = {
  customer: [
    'captured-fallback',
    'capture-failed-fallback',
    'decline-fallback',
    'operator-decline-fallback',
    'expire-fallback',
    'cancel-fallback',
    'complete-fallback',
  ],
  provider: [
    'confirm-payment-fallback',
    'capture-failed-fallback',
    'operator-decline-fallback',
    'cancel-fallback',
    'complete-fallback',
  ],
};
const ENDS_OF_PURCHASE: Record<string, string[]> = {
  customer: [
    'captured-fallback',
    'capture-failed-fallback',
    'mark-delivered-fallback',
    'cancel-fallback',
    'auto-cancel-fallback',
    'cancel-from-disputed-fallback',
  ],
  provider: [
    'captured-fallback',
    'cancel-fallback',
    'auto-cancel-fallback',
    'dispute-fallback',
    'mark-received-fallback',
    'auto-mark-received-fallback',
    'cancel-from-disputed-fallback',
  ],
};
