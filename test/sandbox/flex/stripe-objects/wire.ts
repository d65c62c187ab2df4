import type { Resource } from '../document.ts';
import type { User } from '../users/entity.ts';
import { Uuid } from '../values.ts';

export const stripeAccountResource = (
  user: User,
  data: Record<string, unknown> | null = null,
): Resource | null =>
  user.stripeAccount && {
    id: new Uuid(user.stripeAccount.id),
    type: 'stripeAccount',
    attributes: { stripeAccountId: user.stripeAccount.stripeAccountId, stripeAccountData: data },
  };

export const stripeCustomerResource = (user: User): Resource | null =>
  user.stripeCustomer && {
    id: new Uuid(user.stripeCustomer.id),
    type: 'stripeCustomer',
    attributes: { stripeCustomerId: user.stripeCustomer.stripeCustomerId },
  };

export const paymentMethodResource = (user: User): Resource | null => {
  const method = user.stripeCustomer?.paymentMethod;
  if (!method) return null;
  return {
    id: new Uuid(method.id),
    type: 'stripePaymentMethod',
    attributes: {
      type: 'stripe-payment-method/card',
      stripePaymentMethodId: method.stripePaymentMethodId,
      card: { brand: method.brand, last4Digits: method.last4, expirationMonth: 12, expirationYear: 2034 },
    },
  };
};
