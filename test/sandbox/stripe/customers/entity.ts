import type { Owned } from '../shapes.ts';

export type Customer = Owned & {
  email: string | null;
  name: string | null;
  description: string | null;
  metadata: Record<string, string>;
  defaultPaymentMethod: string | null;
  deleted: boolean;
};
