/** Writes config.schema.json, which editors complete a config file from, out of the built zod schema. Run it after the build. */

import { writeFileSync } from 'node:fs';
import { configJsonSchema } from '../dist/config/jsonSchema.js';

writeFileSync(new URL('../config.schema.json', import.meta.url), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
