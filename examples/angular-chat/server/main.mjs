import { start } from './start.mjs';

const port = Number(process.env.PORT ?? 4200);
const groqKey = process.env.GROQ_API_KEY;
const chat = await start({ port, groqKey });
console.log(`${groqKey ? 'Groq' : 'The simulator'} answers. Open ${chat.url}`);

const stop = async () => {
  await chat.close();
  process.exit(0);
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
