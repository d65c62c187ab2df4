/** The part of `sharetribe-flex-sdk` that this service uses; the package ships no types. */
declare module 'sharetribe-flex-sdk' {
  import type { AxiosAdapter } from 'axios';
  import type { Agent as HttpAgent } from 'node:http';
  import type { Agent as HttpsAgent } from 'node:https';
  import type { Request, Response } from 'express';

  export type Token = {
    access_token: string;
    token_type: string;
    expires_in: number;
    scope: string;
    refresh_token?: string;
  };

  export type TokenStore = {
    getToken(): Token | null | undefined;
    setToken(token: Token): void;
    removeToken(): void;
  };

  export type ApiResponse = { status: number; statusText: string; data: unknown };

  export type SdkConfig = {
    clientId: string;
    clientSecret?: string;
    baseUrl: string;
    assetCdnBaseUrl: string;
    tokenStore: TokenStore;
    transitVerbose: boolean;
    httpAgent: HttpAgent;
    httpsAgent: HttpsAgent;
    adapter: AxiosAdapter;
  };

  type Params = Record<string, unknown>;

  export type Sdk = {
    listings: { show(params: Params): Promise<ApiResponse> };
    ownListings: { show(params: Params): Promise<ApiResponse> };
    transactions: {
      show(params: Params): Promise<ApiResponse>;
      query(params: Params): Promise<ApiResponse>;
      initiate(body: Params, query?: Params): Promise<ApiResponse>;
      initiateSpeculative(body: Params, query?: Params): Promise<ApiResponse>;
      transition(body: Params, query?: Params): Promise<ApiResponse>;
      transitionSpeculative(body: Params, query?: Params): Promise<ApiResponse>;
    };
    currentUser: { delete(body: Params): Promise<ApiResponse> };
    assetsByAlias(params: { paths: string[]; alias: string }): Promise<ApiResponse>;
    /** Resolves with the raw response, whose `config` holds the secret and the user's token: take `data`, drop the rest. */
    exchangeToken(): Promise<{ data: Token }>;
  };

  class UUID {
    constructor(uuid: string);
    readonly uuid: string;
  }
  class Money {
    constructor(amount: number, currency: string);
    readonly amount: number;
    readonly currency: string;
  }
  class BigDecimal {
    constructor(value: string);
    readonly value: string;
  }
  class LatLng {
    constructor(lat: number, lng: number);
    readonly lat: number;
    readonly lng: number;
  }

  const sdk: {
    createInstance(config: SdkConfig): Sdk;
    types: {
      UUID: typeof UUID;
      Money: typeof Money;
      BigDecimal: typeof BigDecimal;
      LatLng: typeof LatLng;
      /** An instance of the type that a plain object names by `_sdkType`; other objects as they are. */
      toType(value: object): object;
    };
    transit: { read(text: string): unknown; write(value: unknown, options?: { verbose?: boolean }): string };
    tokenStore: {
      memoryStore(): TokenStore;
      expressCookieStore(options: {
        clientId: string;
        req: Request;
        res: Response;
        secure: boolean;
      }): TokenStore;
    };
  };
  export default sdk;
}
