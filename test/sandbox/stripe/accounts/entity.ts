/** The platform's own account, or a provider's connected one. */
export type Account = {
  id: string;
  created: number;
  country: string;
  defaultCurrency: string;
  email: string;
  chargesEnabled: boolean;
  payoutsEnabled: boolean;
  capabilities: { card_payments: 'active' | 'inactive'; transfers: 'active' | 'inactive' };
  requirements: { currentlyDue: string[]; disabledReason: string | null };
};
