/**
 * What the web client's process graphs gain with the fallback lane, as data, and two helpers to merge it.
 *
 * The template tells where an order stands from its last transition, by the graph. The lane's transitions lead there to the
 * states that the client shows already: an order that is carried by the fallback looks like any other. Only what a party
 * does from there has another name: `transitionFor` gives it.
 */

/** Transition, the client's state before it (`null`: the beginning), the client's state after it. */
export const fallbackLane = {
  'default-booking': [
    ['transition/request-payment-fallback', null, 'pending-payment'],
    ['transition/request-payment-after-inquiry-fallback', 'inquiry', 'pending-payment'],
    ['transition/enter-fallback', 'pending-payment', 'pending-payment'],
    ['transition/expire-payment-fallback', 'pending-payment', 'payment-expired'],
    ['transition/operator-expire-payment-fallback', 'pending-payment', 'payment-expired'],
    ['transition/confirm-payment-fallback', 'pending-payment', 'preauthorized'],
    // The payment is taken now; it is accepted, unless that fails.
    ['transition/accept-fallback', 'preauthorized', 'accepted'],
    ['transition/operator-accept-fallback', 'preauthorized', 'accepted'],
    ['transition/captured-fallback', 'accepted', 'accepted'],
    ['transition/capture-failed-fallback', 'accepted', 'declined'],
    ['transition/decline-fallback', 'preauthorized', 'declined'],
    ['transition/operator-decline-fallback', 'preauthorized', 'declined'],
    ['transition/expire-fallback', 'preauthorized', 'expired'],
    ['transition/cancel-fallback', 'accepted', 'canceled'],
    ['transition/complete-fallback', 'accepted', 'delivered'],
    ['transition/operator-complete-fallback', 'accepted', 'delivered'],
  ],
  'default-purchase': [
    ['transition/request-payment-fallback', null, 'pending-payment'],
    ['transition/request-payment-after-inquiry-fallback', 'inquiry', 'pending-payment'],
    ['transition/enter-fallback', 'pending-payment', 'pending-payment'],
    ['transition/expire-payment-fallback', 'pending-payment', 'payment-expired'],
    ['transition/operator-expire-payment-fallback', 'pending-payment', 'payment-expired'],
    // The payment is taken now.
    ['transition/confirm-payment-fallback', 'pending-payment', 'purchased'],
    ['transition/captured-fallback', 'purchased', 'purchased'],
    ['transition/capture-failed-fallback', 'purchased', 'canceled'],
    ['transition/mark-delivered-fallback', 'purchased', 'delivered'],
    ['transition/operator-mark-delivered-fallback', 'purchased', 'delivered'],
    ['transition/mark-received-from-purchased-fallback', 'purchased', 'received'],
    ['transition/mark-received-fallback', 'delivered', 'received'],
    ['transition/auto-mark-received-fallback', 'delivered', 'received'],
    ['transition/cancel-fallback', 'purchased', 'canceled'],
    ['transition/auto-cancel-fallback', 'purchased', 'canceled'],
    ['transition/dispute-fallback', 'delivered', 'disputed'],
    ['transition/operator-dispute-fallback', 'delivered', 'disputed'],
    ['transition/mark-received-from-disputed-fallback', 'disputed', 'received'],
    ['transition/cancel-from-disputed-fallback', 'disputed', 'canceled'],
    ['transition/auto-cancel-from-disputed-fallback', 'disputed', 'canceled'],
  ],
};

/** The template's `graph` of a process with the lane in it. Throws when that graph has other states. */
export function withFallbackLane(graph, processName) {
  const states = Object.fromEntries(
    Object.entries(graph.states).map(([name, state]) => [name, { ...state, on: { ...state.on } }]),
  );
  for (const [transition, before, after] of fallbackLane[processName] ?? []) {
    const from = states[before ?? graph.initial];
    if (!from || !states[after])
      throw new Error(`The graph of ${processName} has no state ${from ? after : before}: see ${transition}`);
    from.on[transition] = after;
  }
  return { ...graph, states };
}

/** Whether an order is carried by the fallback. */
export const isInFallback = ({ attributes: { transitions, lastTransition } }) =>
  [...(transitions ?? []).map(({ transition }) => transition), lastTransition].some(name =>
    name.endsWith('-fallback'),
  );

/** The transition by which a party does this to the order: `transition/accept` to `transition/accept-fallback` where it is carried by the fallback. */
export function transitionFor(transaction, transition) {
  const name = `${transition}-fallback`;
  const lane = fallbackLane[transaction.attributes.processName] ?? [];
  return isInFallback(transaction) && lane.some(([known]) => known === name) ? name : transition;
}

/** Where an order's history is shown, or it is asked whether it is refunded or completed: the normal transition that says the same. */
export const shownAs = transition => SHOWN_AS[transition] ?? transition.replace(/-fallback$/, '');

const SHOWN_AS = {
  'transition/operator-expire-payment-fallback': 'transition/expire-payment',
  // The order has ended, and nothing was taken.
  'transition/capture-failed-fallback': 'transition/decline',
};
