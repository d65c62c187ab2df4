/** The part of `sharetribe-flex-integration-sdk` that this service uses; the package ships no types. */
declare module 'sharetribe-flex-integration-sdk' {
  import type { AxiosAdapter } from 'axios';
  import type { Agent as HttpAgent } from 'node:http';
  import type { Agent as HttpsAgent } from 'node:https';
  import type { ApiResponse, TokenStore } from 'sharetribe-flex-sdk';

  type Params = Record<string, unknown>;

  export type IntegrationSdk = {
    marketplace: { show(): Promise<ApiResponse> };
    transactions: {
      show(params: Params): Promise<ApiResponse>;
      query(params: Params): Promise<ApiResponse>;
      transition(body: Params, query?: Params): Promise<ApiResponse>;
      transitionSpeculative(body: Params, query?: Params): Promise<ApiResponse>;
      updateMetadata(body: Params, query?: Params): Promise<ApiResponse>;
    };
    users: { show(params: Params): Promise<ApiResponse> };
    events: { query(params: Params): Promise<ApiResponse> };
  };

  const sdk: {
    createInstance(config: {
      clientId: string;
      clientSecret?: string;
      baseUrl: string;
      tokenStore?: TokenStore;
      adapter?: AxiosAdapter;
      httpAgent?: HttpAgent;
      httpsAgent?: HttpsAgent;
    }): IntegrationSdk;
    tokenStore: { memoryStore(): TokenStore };
  };
  export default sdk;
}
