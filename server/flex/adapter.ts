/**
 * The SDK's one place for a hook. It has no time-outs of its own, and N calls that meet an expired session send N
 * refreshes with one refresh token; this adapter ends a call when its signal fires and lets equal refreshes share one answer.
 */
import { getAdapter, type AxiosAdapter, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

const send = getAdapter('http');

export type SessionAdapter = { until(signal: AbortSignal): AxiosAdapter };

export function createAdapter(): SessionAdapter {
  const refreshes = new Map<string, Promise<AxiosResponse>>();

  const sendOnce = (config: InternalAxiosRequestConfig): Promise<AxiosResponse> => {
    const form = String(config.data);
    const known = refreshes.get(form) ?? send(config);
    refreshes.set(form, known);
    // Axios changes the response it is given.
    return known.then(response => ({ ...response }));
  };

  return {
    until: signal => config => {
      const request = { ...config, signal };
      return isRefresh(config) ? sendOnce(request) : send(request);
    },
  };
}

const isRefresh = (config: InternalAxiosRequestConfig) =>
  typeof config.data === 'string' && config.data.includes('grant_type=refresh_token');
