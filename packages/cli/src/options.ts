import type { Option } from './command.js'

/** Which server and instance a command is about, and how far to trust it. */
export const connectionOptions: readonly Option[] = [
  { name: 'profile', value: 'NAME', help: 'take URL and key from this profile (GANTRY_PROFILE)' },
  { name: 'url', value: 'URL', help: 'the server (GANTRY_URL)' },
  {
    name: 'api-key-file',
    value: 'FILE',
    help: 'file with the API key of the instance; - is standard input (GANTRY_API_KEY_FILE)',
  },
  {
    name: 'api-key',
    value: 'KEY',
    help: 'the key itself, which other users of this machine may see; better GANTRY_API_KEY or a file',
  },
  {
    name: 'ca',
    value: 'FILE',
    help: 'certificates (PEM) to trust instead of the usual ones (GANTRY_CA)',
  },
  { name: 'insecure', help: 'accept any certificate; whoever stands between can read the key' },
  {
    name: 'data-dir',
    value: 'FOLDER',
    help: 'data directory of a local server, whose credentials.json is used when nothing else is given (GANTRY_DATA_DIR, default ./gantry-data)',
  },
]

/** Which server and account a command is about, and how far to trust it. */
export const accountOptions: readonly Option[] = [
  { name: 'profile', value: 'NAME', help: 'a profile that is signed in (GANTRY_PROFILE)' },
  { name: 'url', value: 'URL', help: 'the server that GANTRY_TOKEN is for (GANTRY_URL)' },
  ...connectionOptions.filter(({ name }) => ['ca', 'insecure', 'data-dir'].includes(name)),
]

export const jsonOption: Option = { name: 'json', help: 'print JSON, for programs' }

/** Every command has it. */
export const helpOption: Option = { name: 'help', help: 'show this help' }
