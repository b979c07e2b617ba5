/** Saves into the file `saves.mjs STORE` one record after another, for as long as it lives. */
import { fileUsageStore } from 'rx-groq';

const store = fileUsageStore(process.argv[2] ?? '');
for (let used = 1; ; used++) {
  const counted = Array.from({ length: 5000 }, (_, age) => /** @type {const} */ ([5000 - age, used]));
  await store.save({ version: 1, savedAt: Date.now(), pools: { m: [{ unit: 'requests', per: 86_400_000, counted }] } });
  process.stdout.write('.');
}
