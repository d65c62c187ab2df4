import { writeTransit } from '../../server/flex/transit.ts';
import { realBooking } from '../../test/sandbox/client/orders.ts';
import type { Sandbox } from '../../test/sandbox/sandbox.ts';

/** Three lines that work as they stand: a price, a booking with its verdict, and what both sides know afterwards. */
export function curlLines(sandbox: Sandbox, proxyUrl: string, jar: string): string {
  const info = sandbox.info();
  const booking = realBooking(info);
  const { listingId, bookingStart, bookingEnd } = booking.bodyParams.params;
  const quote = { isOwnListing: false, listingId, orderData: { bookingStart, bookingEnd } };
  const post = (endpoint: string, body: unknown) =>
    `-H 'Content-Type: application/transit+json' --data '${writeTransit(body, true)}' ${proxyUrl}/api/${endpoint}`;
  return [
    `curl -s ${post('transaction-line-items', quote)}`,
    `curl -s -D - -o /dev/null -b ${jar} -c ${jar} ${post('initiate-privileged', booking)}`,
    `curl -s ${sandbox.url}/sandbox/ledger`,
  ].join('\n\n');
}
