import type { Owned, WireObject } from '../shapes.ts';

export type Customer = Owned & {
  email: string | null;
  name: string | null;
  description: string | null;
  metadata: Record<string, string>;
  defaultPaymentMethod: string | null;
  address: WireObject | null;
  phone: string | null;
  preferredLocales: string[];
  shipping: WireObject | null;
  taxExempt: string;
  deleted: boolean;
};
