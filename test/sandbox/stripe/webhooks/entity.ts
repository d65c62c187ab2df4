import type { Owned } from '../shapes.ts';

export type WebhookEndpoint = Owned & {
  url: string;
  /** `*` for all. */
  enabledEvents: string[];
  /** Hears of connected accounts, instead of the platform itself. */
  connect: boolean;
  description: string | null;
  metadata: Record<string, string>;
  status: 'enabled' | 'disabled';
  /** The one to sign with; the old one beside it until it has run out. */
  secrets: { secret: string; expiresAt: number | null }[];
};

/** Sends one delivery; the status that came back, or null when nothing did. */
export type PostToWebhook = (
  url: string,
  headers: Record<string, string>,
  body: string,
) => Promise<number | null>;
