/** Before Stripe's word is used against Flex: does our key find what is there, and not find what is not? */
import type { StripeTrouble } from '../domain/diagnosis/evidence.ts';
import type { StripeDoor } from '../stripe/door.ts';

const tested = new WeakMap<StripeDoor, Promise<StripeTrouble | null>>();

/** Well-formed, and nobody's. */
const NOBODYS = 'pi_3SelfTestOfTheProxy01aB';

/** null when the answers can be believed. Asked once for each door; a failure is not kept. */
export function troubleWithStripe(stripe: StripeDoor): Promise<StripeTrouble | null> {
  const known = tested.get(stripe);
  if (known) return known;
  const test = look(stripe);
  tested.set(stripe, test);
  const forget = () => tested.delete(stripe);
  // A fault is for whoever asked.
  test.then(trouble => trouble && forget(), forget);
  return test;
}

async function look(stripe: StripeDoor): Promise<StripeTrouble | null> {
  const [bad, newest] = await Promise.all([stripe.paymentIntent(NOBODYS), stripe.newestPaymentIntentId()]);
  if (bad.outcome === 'unknown') return bad.trouble;
  if (newest.outcome === 'unknown') return newest.trouble;
  if (bad.outcome === 'found' || newest.outcome === 'absent') return 'unavailable';
  // An account without any can not be tested on a good one.
  if (newest.value === null) return null;
  const good = await stripe.paymentIntent(newest.value);
  if (good.outcome === 'unknown') return good.trouble;
  return good.outcome === 'found' ? null : 'unavailable';
}
