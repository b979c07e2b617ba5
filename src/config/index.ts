export { type Catalogue, type CatalogueOptions, catalogueOf } from './Catalogue.js';
export type { ChatConfig, ModelConfig, Price, RateLimitHeaders, TimeoutConfig } from './ChatConfig.js';
export { type Environment, environment } from './environment.js';
export { isGroq } from './host.js';
export { apiKeyOf, headersOf, type ModelEntry } from './ModelEntry.js';
export { builtInConfig, maxOutputOf, modelTable, successorOf } from './models.js';
export {
  type ConfigSource,
  type ConfigUpdate,
  type OpenConfigOptions,
  type OpenedConfig,
  openConfig,
} from './openConfig.js';
export { type ParseConfigOptions, parseConfig } from './parseConfig.js';
