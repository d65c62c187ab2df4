import flexSdk from 'sharetribe-flex-sdk';
import { badRequest } from '../domain/errors.ts';

const { types } = flexSdk;

/** As the SDK writes parameters: lists by commas, what is null left out. Throws `ProxyError` for a map in a parameter. */
export const queryString = (params: Record<string, unknown>): string =>
  Object.entries(params)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${encodeURIComponent(name)}=${valueText(name, value)}`)
    .join('&');

const valueText = (name: string, value: unknown): string =>
  Array.isArray(value)
    ? (value as unknown[]).map(item => oneText(name, item)).join(',')
    : oneText(name, value);

function oneText(name: string, value: unknown): string {
  if (value instanceof types.UUID) return value.uuid;
  if (value instanceof Date) return encodeURIComponent(value.toISOString());
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return encodeURIComponent(value).replaceAll('%2C', ',');
  }
  throw badRequest(
    'bad-request',
    `queryParams.${name}: must be a text, a number, a flag, or a list of these`,
  );
}
