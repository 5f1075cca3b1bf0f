import { homedir } from 'node:os'
import { join } from 'node:path'

/** What the environment tells the commands; `serve` reads its own. */
export interface Environment {
  readonly url: string | undefined
  readonly apiKey: string | undefined
  readonly apiKeyFile: string | undefined
  /** Of an account that has signed in. */
  readonly token: string | undefined
  readonly profile: string | undefined
  readonly ca: string | undefined
  readonly dataDir: string | undefined
  /** Of the project that an agent works for. */
  readonly agentKey: string | undefined
  /** Where the profiles are. */
  readonly configFile: string
  /** Colours are not wanted. */
  readonly noColor: boolean
  /** What kind of terminal it is; `dumb` is one that only takes lines. */
  readonly term: string | undefined
}

/** A variable that is empty counts as not there. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const given = (name: string) => variables[name] || undefined
  const configHome = given('XDG_CONFIG_HOME') ?? join(homedir(), '.config')
  return {
    url: given('GANTRY_URL'),
    apiKey: given('GANTRY_API_KEY'),
    apiKeyFile: given('GANTRY_API_KEY_FILE'),
    token: given('GANTRY_TOKEN'),
    profile: given('GANTRY_PROFILE'),
    ca: given('GANTRY_CA'),
    dataDir: given('GANTRY_DATA_DIR'),
    agentKey: given('GANTRY_AGENT_KEY'),
    configFile: given('GANTRY_CONFIG_FILE') ?? join(configHome, 'gantry', 'config.json'),
    noColor: given('NO_COLOR') !== undefined,
    term: given('TERM'),
  }
}
