import {
  acceptBooking,
  cancelBooking,
  createBooking,
  declineBooking,
  observesWhenTold,
  updateBooking,
} from './bookings.ts';
import type { ActionRun } from './context.ts';
import {
  fail,
  revealListingFiles,
  revealProtectedData,
  updateMetadata,
  updateProtectedData,
} from './data.ts';
import { calculateFullRefund, setLineItems, setLineItemsAndTotal } from './line-items.ts';
import {
  addCommission,
  setNegotiatedTotal,
  totalFromBooking,
  totalFromQuantity,
  totalFromTwoQuantities,
} from './old-pricing.ts';
import { postReview, publishReviews } from './reviews.ts';
import {
  acceptStockReservation,
  cancelStockReservation,
  createStockReservation,
  declineStockReservation,
} from './stock.ts';
import {
  capturePaymentIntent,
  confirmPaymentIntent,
  createCharge,
  createPaymentIntent,
  createPayout,
  createPushPaymentIntent,
  refundPayment,
} from './stripe.ts';

/** Every action a process file may name: the public list, with what is deprecated but still in use. */
const actions: Record<string, ActionRun> = {
  'action/update-protected-data': updateProtectedData,
  'action/privileged-update-metadata': updateMetadata,
  'action/reveal-customer-protected-data': revealProtectedData('customer'),
  'action/reveal-provider-protected-data': revealProtectedData('provider'),
  'action/reveal-listing-protected-files': revealListingFiles,

  'action/privileged-set-line-items': setLineItems,
  'action/set-line-items-and-total': setLineItemsAndTotal,
  'action/set-negotiated-total-price': setNegotiatedTotal,
  'action/calculate-tx-total': totalFromBooking('line-item/night'),
  'action/calculate-tx-nightly-total': totalFromBooking('line-item/night'),
  'action/calculate-tx-nightly-total-price': totalFromBooking('line-item/night'),
  'action/calculate-tx-daily-total': totalFromBooking('line-item/day'),
  'action/calculate-tx-daily-total-price': totalFromBooking('line-item/day'),
  'action/calculate-tx-total-daily-booking-exclude-start': totalFromBooking('line-item/day', 2),
  'action/calculate-tx-unit-total-price': totalFromQuantity,
  'action/calculate-tx-two-units-total-price': totalFromTwoQuantities,
  'action/calculate-tx-customer-commission': addCommission('customer', 'share'),
  'action/calculate-tx-provider-commission': addCommission('provider', 'share'),
  'action/calculate-tx-customer-fixed-commission': addCommission('customer', 'fixed'),
  'action/calculate-tx-provider-fixed-commission': addCommission('provider', 'fixed'),
  'action/calculate-full-refund': calculateFullRefund,

  'action/create-booking': createBooking('pending', observesWhenTold),
  'action/create-pending-booking': createBooking('pending'),
  'action/create-proposed-booking': createBooking('proposed'),
  'action/update-booking': updateBooking,
  'action/accept-booking': acceptBooking,
  'action/decline-booking': declineBooking,
  'action/cancel-booking': cancelBooking,

  'action/create-pending-stock-reservation': createStockReservation('pending'),
  'action/create-proposed-stock-reservation': createStockReservation('proposed'),
  'action/accept-stock-reservation': acceptStockReservation,
  'action/decline-stock-reservation': declineStockReservation,
  'action/cancel-stock-reservation': cancelStockReservation,

  'action/stripe-create-payment-intent': createPaymentIntent,
  'action/stripe-create-payment-intent-push': createPushPaymentIntent,
  'action/stripe-confirm-payment-intent': confirmPaymentIntent,
  'action/stripe-capture-payment-intent': capturePaymentIntent,
  'action/stripe-refund-payment': refundPayment,
  'action/stripe-create-payout': createPayout,
  'action/stripe-create-charge': createCharge,
  'action/stripe-create-charge-pi': createCharge,
  'action/stripe-capture-charge': capturePaymentIntent,
  'action/stripe-capture-charge-pi': capturePaymentIntent,
  'action/stripe-refund-charge': refundPayment,

  'action/post-review-by-customer': postReview('customer'),
  'action/post-review-by-provider': postReview('provider'),
  'action/publish-reviews': publishReviews,
  'action/fail': fail,
};

export const actionNames = Object.keys(actions);

export const actionNamed = (name: string): ActionRun => actions[name]!;

/** Actions that only a privileged transition, or an operator's, may hold. */
export const needsTrust = (name: string) => name.startsWith('action/privileged-');
