import type { Service } from '../../services/driver.js'
import type { Plan } from './plan.js'

/** Plans of a type in a region, each as `size=cost:id`. */
type Row = readonly [service: Service, type: string, region: string, plans: string]

const rows: readonly Row[] = [
  ['mongodb', 'mongodb_replica_set', 'US', `RS=1900:5286929405533c1306c1cf79`],
  ['mongodb', 'mongodb_replica_set', 'LON', `RS=2500:52debc5024815a22d1097237`],
  ['mongodb', 'mongodb_replica_set', 'HKG', `RS=2500:530fc393ac74068a95d783fa`],
  ['mongodb', 'mongodb_replica_set', 'SYD', `RS=2500:53346ec90066a14f1f2f7886`],
  [
    'mongodb',
    'mongodb_sharded',
    'US',
    `1=2900:55498f750c2d3550a5d85d58
     5=14900:52debc5224815a22d109723e
     20=39900:52debc5224815a22d109723f
     50=89900:52debc5224815a22d1097240
     100=159900:52debc7b24815a22d1097242
     250=369900:52debc5924815a22d1097241
     500=695000:54adc47a168fd30b467bc19f
     750=969900:54adc499168fd30b467bc1a0
     1000=1245000:54adc4d8168fd30b467bc1a1`,
  ],
  [
    'mongodb',
    'mongodb_sharded',
    'LON',
    `5=19000:52debc5024815a22d1097238
     20=50000:52debc5024815a22d1097239
     50=112500:52debc5024815a22d109723a
     100=200000:52debc5124815a22d109723b
     250=470000:52debc5124815a22d109723c`,
  ],
  [
    'mongodb',
    'mongodb_sharded',
    'HKG',
    `5=19500:530fc393ac74068a95d783fb
     20=52500:530fc393ac74068a95d783fc
     50=117500:530fc393ac74068a95d783fd
     100=207500:530fc394ac74068a95d783fe
     250=485000:530fc394ac74068a95d783ff`,
  ],
  [
    'mongodb',
    'mongodb_sharded',
    'SYD',
    `5=19500:53346ed00066a14f1f2f7887
     20=52500:53346ed70066a14f1f2f7888
     50=117500:53346edc0066a14f1f2f7889
     100=207500:53346ee20066a14f1f2f788a
     250=485000:53346ee70066a14f1f2f788b`,
  ],
  [
    'mongodb',
    'mongodb_jumbo_replica_set',
    'US',
    `5=9500:54cc1fdc168fd35b224de6cc
     20=25000:54cc1fdd168fd35b224de6cd
     50=57500:54cc1fdd168fd35b224de6ce
     100=102500:54cc1fdd168fd35b224de6cf`,
  ],
  [
    'redis',
    'redis_ha_instance',
    'US',
    `500=5900:540e029c6766421f86a30f1f
     1000=9900:540e029c6766421f86a30f20
     2500=21900:540e029c6766421f86a30f21
     5000=42900:540e029d6766421f86a30f22
     10000=84900:540e029d6766421f86a30f23
     20000=164900:540e029e6766421f86a30f24
     50000=399900:540e029e6766421f86a30f25
     75000=579900:552c2ec5872446aa096dd171
     100000=749900:552c2ec5872446aa096dd172`,
  ],
  [
    'redis',
    'redis_ha_instance',
    'LON',
    `500=7900:540e029f6766421f86a30f26
     1000=12900:540e029f6766421f86a30f27
     2500=27900:540e029f6766421f86a30f28
     5000=54900:540e02a06766421f86a30f29
     10000=104900:540e02a06766421f86a30f2a
     20000=209900:540e02a16766421f86a30f2b
     50000=499900:540e02a26766421f86a30f2c
     75000=729900:552c2ec5872446aa096dd173
     100000=949900:552c2ec5872446aa096dd174`,
  ],
  [
    'elasticsearch',
    'elasticsearch',
    'US',
    `2=2500:559c3f86759d6306ed1e4305
     4=4900:559c3f86759d6306ed1e4306
     8=8900:559c3f86759d6306ed1e4307
     16=13900:559c3f86759d6306ed1e4308
     32=23900:559c3f86759d6306ed1e4309
     64=44900:559c3f86759d6306ed1e430a
     128=79900:559c3f86759d6306ed1e430b
     256=149900:559c3f86759d6306ed1e430c
     512=279900:559c3f86759d6306ed1e430d`,
  ],
]

/** The plans that there are unless a catalog of the user's says otherwise. */
export const defaultPlans: readonly Plan[] = rows.flatMap(([service, type, region, plans]) =>
  plans.split(/\s+/).map((text) => {
    const [size, cost, id] = text.split(/[=:]/)
    return { id, service, type, region, size, cost: Number(cost) }
  }),
)
