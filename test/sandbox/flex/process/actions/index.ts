import { createPendingBooking, moveBooking } from './bookings.ts';
import type { ActionRun } from './context.ts';
import { fail, updateMetadata, updateProtectedData } from './data.ts';
import { calculateFullRefund, setLineItems } from './line-items.ts';
import { postReview, publishReviews } from './reviews.ts';
import { createPendingStockReservation, moveStockReservation } from './stock.ts';
import {
  capturePaymentIntent,
  confirmPaymentIntent,
  createPaymentIntent,
  createPayout,
  createPushPaymentIntent,
  refundPayment,
} from './stripe.ts';

/** Every action a process file may name. */
const actions: Record<string, ActionRun> = {
  'action/update-protected-data': updateProtectedData,
  'action/privileged-update-metadata': updateMetadata,
  'action/privileged-set-line-items': setLineItems,
  'action/calculate-full-refund': calculateFullRefund,
  'action/create-pending-booking': createPendingBooking,
  'action/accept-booking': moveBooking('pending', 'accepted'),
  'action/decline-booking': moveBooking('pending', 'declined'),
  'action/cancel-booking': moveBooking('accepted', 'cancelled'),
  'action/create-pending-stock-reservation': createPendingStockReservation,
  'action/accept-stock-reservation': moveStockReservation('pending', 'accepted'),
  'action/decline-stock-reservation': moveStockReservation('pending', 'declined'),
  'action/cancel-stock-reservation': moveStockReservation('accepted', 'cancelled'),
  'action/stripe-create-payment-intent': createPaymentIntent,
  'action/stripe-create-payment-intent-push': createPushPaymentIntent,
  'action/stripe-confirm-payment-intent': confirmPaymentIntent,
  'action/stripe-capture-payment-intent': capturePaymentIntent,
  'action/stripe-refund-payment': refundPayment,
  'action/stripe-create-payout': createPayout,
  'action/post-review-by-customer': postReview('customer'),
  'action/post-review-by-provider': postReview('provider'),
  'action/publish-reviews': publishReviews,
  'action/fail': fail,
};

export const actionNames = Object.keys(actions);

export const actionNamed = (name: string): ActionRun => actions[name]!;

/** Actions that only a privileged transition, or an operator's, may hold. */
export const needsTrust = (name: string) => name.startsWith('action/privileged-');
