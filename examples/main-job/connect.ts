import { type ChatClient, type ChatConfig, createChatClient, isChatError, type RateWindow } from 'rx-groq';
import { DEFAULT_MODELS, type SimulatedLimits, startSimulator } from 'rx-groq/simulator';
import { firstValueFrom } from 'rxjs';
import { ProgramError } from './ProgramError.js';

export interface Connection extends AsyncDisposable {
  readonly client: ChatClient;
  /** Who answers, for a human being. */
  readonly description: readonly string[];
  /** By how much the simulator's clock is faster than ours; the cloud's is not. */
  readonly timeScale: number;
}

const GROQ = 'https://api.groq.com/openai/v1';
/** At 3 a minute takes 20 s, and the prompts of the example some 15 s. */
const TIME_SCALE = 3;
/** Tokens a second; slow enough to be seen streaming. */
const SPEED = 200;

/**
 * Groq if there is a key for it, else a simulator in this process.
 * @throws ProgramError for a configuration that can't be used
 */
export function connect(env: NodeJS.ProcessEnv): Promise<Connection> {
  return env.GROQ_API_KEY ? cloud() : simulator(env.GROQ_BASE_URL);
}

async function cloud(): Promise<Connection> {
  const client = configured();
  const config = await firstValueFrom(client.config$);
  const urls = [...new Set(Object.values(config).map(({ base_url = GROQ }) => base_url))];
  const who = urls.every(url => url.startsWith('https://api.groq.com/')) ? 'Groq cloud' : 'Server of your own';
  return {
    client,
    description: [`${who}: ${urls.join(', ')}, with the key in GROQ_API_KEY. What is asked counts against its quota.`],
    timeScale: 1,
    [Symbol.asyncDispose]: () => firstValueFrom(client.close()),
  };
}

/** By $GROQ_CONFIG_PATH or ./config.json, else the free tier's limits, at $GROQ_BASE_URL if that is set. */
function configured(): ChatClient {
  try {
    return createChatClient();
  } catch (error) {
    if (isChatError(error)) throw new ProgramError(error.message);
    throw error;
  }
}

async function simulator(unused: string | undefined): Promise<Connection> {
  const server = await startSimulator({ timeScale: TIME_SCALE, tokensPerSecond: SPEED, jitter: 20 });
  // Server and client share one thread: where the machine is busy, the head of an answer may take long to come.
  const client = createChatClient(freeTier(server.url, TIME_SCALE), { maxFlight: 30_000 });
  return {
    client,
    description: [
      'Simulation: there is no GROQ_API_KEY, so a simulator in this process answers, and nothing leaves this machine.',
      `It has the free tier's limits, with the clock running ${TIME_SCALE} times as fast: a minute takes ${60 / TIME_SCALE} s.`,
      ...(unused ? ['GROQ_BASE_URL is not used: it needs a GROQ_API_KEY.'] : []),
    ],
    timeScale: TIME_SCALE,
    async [Symbol.asyncDispose]() {
      await firstValueFrom(client.close());
      await server.close();
    },
  };
}

/** The limits of Groq's free tier, each window as many times shorter as the server's clock is faster. */
function freeTier(base_url: string, timeScale: number): ChatConfig {
  const living = DEFAULT_MODELS.filter(({ retired }) => !retired);
  const entries = living.map(({ id, limits, context }) => [
    id,
    {
      base_url,
      api_key: 'simulated',
      dialect: 'groq',
      context_window: context,
      windows: windowsOf(limits, timeScale),
    } as const,
  ]);
  return Object.fromEntries(entries);
}

const MINUTE = 60_000;
const DAY = 86_400_000;

function windowsOf({ rpm, rpd, tpm, tpd, itpm, otpm }: SimulatedLimits, timeScale: number): RateWindow[] {
  const windows = [
    { limit: rpm, per: MINUTE, unit: 'requests' },
    { limit: rpd, per: DAY, unit: 'requests' },
    { limit: tpm, per: MINUTE, unit: 'tokens' },
    { limit: tpd, per: DAY, unit: 'tokens' },
    { limit: itpm, per: MINUTE, unit: 'input_tokens' },
    { limit: otpm, per: MINUTE, unit: 'output_tokens' },
  ];
  return windows.flatMap(({ limit = -1, per, unit }) =>
    limit === -1 ? [] : [{ limit, per: per / timeScale, unit, kind: 'bucket' }],
  );
}
