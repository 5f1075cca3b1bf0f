import type { Config } from './config.js'
import { type Control, controlOver, type Opened } from './control/control.js'
import type { Ports } from './control/instances/ports.js'
import type { InstanceRegistry } from './control/instances/registry.js'
import type { LateLog } from './control/log.js'
import { localRequestCounts } from './control/request-counts/request-counts.js'
import { sharedRequestCounts } from './control/request-counts/shared-counts.js'
import { freshness } from './control/shared/freshness.js'
import { singleUsesIn } from './control/shared/single-uses.js'
import { openAlerting } from './opening/alerting.js'
import { openAutomating } from './opening/automation.js'
import { type Base, openBase, type StartOptions, type Undo } from './opening/base.js'
import { hostIn, publicHost } from './opening/hosts.js'
import { openCatalog, openInstances } from './opening/instances.js'
import { openPeople, type People } from './opening/people.js'
import { openUpkeep } from './opening/upkeep.js'
import { openWork } from './opening/work.js'

/** The domain, with what the start needs of it. */
export interface OpenedControl {
  readonly control: Control
  readonly registry: InstanceRegistry
  /** Not open yet. */
  readonly ports: Ports
  /** To be told where to. */
  readonly log: LateLog
  /** Begins what control does by itself, such as tasks that the last run left; the APIs are at `url`. */
  begin(url: string): Promise<void>
}

/**
 * The domain over the state in a data directory, with the instances not yet started. Its parts
 * are in `opening/`, where a new domain goes into the part that it is most like; who comes later
 * here builds on who came before, and is closed before.
 */
export async function openControl(
  config: Config,
  dataDir: string,
  undo: Undo,
  options: StartOptions = {},
): Promise<OpenedControl> {
  const base = await openBase(config, dataDir, undo, options)
  const { state, log, registry } = base
  const work = openWork(base, () => people.topology.measured())
  const people = await openPeople(base)
  const { agents, ownAgent } = await openAutomating(base, people)
  const catalog = openCatalog(config)
  const upkeep = await openUpkeep(base, work, people)
  const alerting = await openAlerting(base, people, { ...work, ...upkeep.control, agents })
  keepFresh(base, people)
  const about = { ...people, ...work, ...upkeep.control, catalog }
  const instances = openInstances(base, about)
  const control = controlOver(state, registry, {
    ...people,
    ...work,
    ...upkeep.control,
    ...alerting,
    ...instances.control,
    ...countsIn(base),
    agents,
  })
  return {
    control,
    registry,
    ports: instances.ports,
    log,
    async begin(url) {
      upkeep.trimming.start()
      const shownHost = publicHost(config) ?? hostIn(url)
      await people.servers.announce(config.peerUrl ?? url, shownHost)
      await people.servers.reload()
      await control.lifecycle.recover()
      await work.tasks.start()
      await upkeep.begin()
      work.schedules.start()
      control.quotas.start()
      ownAgent.begin()
      people.notifications.start(config.publicUrl ?? url)
      alerting.alerts.start()
      work.metrics.start((what, err) => log.warn({ err, what }, 'gives no metrics'))
      await agents.start()
    },
  }
}

/** To be called once all that is kept in memory of a shared state has said how it is read anew. */
function keepFresh({ watch, undo, keeping, registry, log }: Base, { acls, servers }: People): void {
  const { reloads } = keeping
  const watching = watch?.(freshness({ instances: registry, acls, servers, reloads, log }))
  if (watching) undo.push(() => watching.close())
}

/** What servers that share a state count in it, and a single one in memory. */
function countsIn({
  state,
  watch,
}: Base): Pick<Opened, 'requestCounts' | 'projectCalls' | 'singleUses'> {
  return {
    requestCounts: watch ? sharedRequestCounts(state) : localRequestCounts(),
    projectCalls: watch ? sharedRequestCounts(state) : localRequestCounts(),
    singleUses: watch && singleUsesIn(state),
  }
}
