import type { PlainObject } from '../values.ts';

export type AvailabilityPlan = {
  type: 'availability-plan/time' | 'availability-plan/day';
  timezone: string;
  /** Opening hours; a week without an entry is closed. `endTime` `00:00` means midnight. */
  entries: {
    dayOfWeek: 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';
    startTime: string;
    endTime: string;
    seats: number;
  }[];
};

export type Listing = {
  id: string;
  authorId: string;
  title: string;
  description: string;
  createdAt: number;
  state: 'draft' | 'pendingApproval' | 'published' | 'closed';
  deleted: boolean;
  /** Minor units. */
  price: { amount: number; currency: string } | null;
  geolocation: { lat: number; lng: number } | null;
  availabilityPlan: AvailabilityPlan | null;
  /** Units in stock, for listings that sell things. */
  stock: number | null;
  publicData: PlainObject;
  privateData: PlainObject;
  metadata: PlainObject;
};
