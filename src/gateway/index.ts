export type { GatewayOptions } from './options.js';
export { type Gateway, startGateway } from './server.js';
export { tenantOf } from './tenant.js';
