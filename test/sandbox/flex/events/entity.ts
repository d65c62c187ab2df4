import type { PlainObject } from '../values.ts';

export type FlexEvent = {
  id: string;
  sequenceId: number;
  createdAt: number;
  /** `transaction/transitioned`, `booking/created`, ... */
  eventType: string;
  source: 'source/marketplace-api' | 'source/integration-api' | 'source/transaction';
  resourceId: string;
  /** Things it is also about: the listing of a booking, the transaction of a review. */
  relatedIds: string[];
  /** As the operator saw it just after; null when it was deleted. */
  resource: PlainObject | null;
  previousValues: PlainObject;
  audit: { userId: string | null; clientId: string | null };
};
