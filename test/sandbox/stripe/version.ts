/** The API version the sandbox speaks: the one stripe-node 23 is pinned to. */
export const API_VERSION = '2026-10-28.endive';
