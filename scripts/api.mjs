/** Writes docs/api.md anew out of the built declarations. Run it after the build. */

import { writeFileSync } from 'node:fs';
import { apiReport } from './apiReport.mjs';

writeFileSync(new URL('../docs/api.md', import.meta.url), apiReport());
