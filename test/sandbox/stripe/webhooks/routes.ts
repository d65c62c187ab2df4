import { allOwn, findOwn, newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { badRequest } from '../errors.ts';
import { listOf } from '../lists.ts';
import { mergeMetadata, type Parameters } from '../parameters.ts';
import type { WireObject } from '../shapes.ts';
import { API_VERSION } from '../version.ts';
import { newId, type StripeWorld } from '../world.ts';
import type { WebhookEndpoint } from './entity.ts';

export const webhookRoutes: StripeRoute[] = [
  { method: 'POST', path: '/v1/webhook_endpoints', handle: create },
  { method: 'GET', path: '/v1/webhook_endpoints', handle: list },
  { method: 'GET', path: '/v1/webhook_endpoints/:id', handle: retrieve },
  { method: 'POST', path: '/v1/webhook_endpoints/:id', handle: update },
  { method: 'DELETE', path: '/v1/webhook_endpoints/:id', handle: remove },
];

const MOST_ENDPOINTS = 16;

function create(call: StripeCall) {
  const parameters = call.parameters('WebhookEndpoints.create');
  if (allOwn(call, call.world.webhookEndpoints).length >= MOST_ENDPOINTS) {
    throw badRequest(`You have reached the maximum of ${MOST_ENDPOINTS} webhook endpoints.`);
  }
  const endpoint: WebhookEndpoint = {
    ...newEndpoint(call.world, readUrl(parameters)!, `whsec_${call.world.random.base62(32)}`),
    ...newlyOwned(call),
    enabledEvents: parameters.list('enabled_events'),
    connect: parameters.flag('connect'),
    description: parameters.newText('description', null),
    metadata: mergeMetadata({}, parameters.metadata()),
  };
  call.world.webhookEndpoints.set(endpoint.id, endpoint);
  // The one time that the secret is shown.
  return { ...endpointWire(endpoint), secret: endpoint.secrets[0]!.secret };
}

function readUrl(parameters: Parameters): string | undefined {
  const url = parameters.text('url');
  if (url !== undefined && !/^https?:/.test(URL.parse(url)?.protocol ?? '')) {
    throw badRequest('Invalid URL: An explicit scheme (such as https) must be provided.', {
      code: 'url_invalid',
      param: 'url',
    });
  }
  return url;
}

/** An endpoint that hears everything of the platform in test mode. */
export const newEndpoint = (world: StripeWorld, url: string, secret: string): WebhookEndpoint => ({
  id: newId({ world, account: world.platform.accountId }, 'we'),
  ...newlyOwned({ world, account: world.platform.accountId, livemode: false }),
  url,
  enabledEvents: ['*'],
  connect: false,
  description: null,
  metadata: {},
  status: 'enabled',
  secrets: [{ secret, expiresAt: null }],
});

function list(call: StripeCall) {
  const parameters = call.parameters('WebhookEndpoints.list');
  return listOf(allOwn(call, call.world.webhookEndpoints), parameters, '/v1/webhook_endpoints', endpointWire);
}

function retrieve(call: StripeCall) {
  call.parameters('WebhookEndpoints.retrieve');
  return endpointWire(getEndpoint(call));
}

function update(call: StripeCall) {
  const parameters = call.parameters('WebhookEndpoints.update');
  const endpoint = getEndpoint(call);
  if (parameters.has('enabled_events')) endpoint.enabledEvents = parameters.list('enabled_events');
  if (parameters.has('disabled')) endpoint.status = parameters.flag('disabled') ? 'disabled' : 'enabled';
  endpoint.url = readUrl(parameters) ?? endpoint.url;
  endpoint.description = parameters.newText('description', endpoint.description);
  endpoint.metadata = mergeMetadata(endpoint.metadata, parameters.metadata());
  return endpointWire(endpoint);
}

function remove(call: StripeCall) {
  call.parameters('WebhookEndpoints.delete');
  const endpoint = getEndpoint(call);
  call.world.webhookEndpoints.delete(endpoint.id);
  return { id: endpoint.id, object: 'webhook_endpoint', deleted: true };
}

const getEndpoint = (call: StripeCall) =>
  findOwn(call, call.world.webhookEndpoints, call.path['id']!, 'webhook endpoint', 'webhook_endpoint');

const endpointWire = (endpoint: WebhookEndpoint): WireObject => ({
  id: endpoint.id,
  object: 'webhook_endpoint',
  api_version: API_VERSION,
  application: null,
  created: endpoint.created,
  description: endpoint.description,
  enabled_events: endpoint.enabledEvents,
  livemode: endpoint.livemode,
  metadata: { ...endpoint.metadata },
  status: endpoint.status,
  url: endpoint.url,
});
