/** The named scenarios. A new one is a file beside the others and a row here. */
import type { ScenarioInput } from "../scenario.ts";
import { badClock } from "./bad-clock.ts";
import { bank } from "./bank.ts";
import { cross } from "./cross.ts";
import { crossingUpdates } from "./crossing-updates.ts";
import { edgeSplit } from "./edge-split.ts";
import { fastRestart } from "./fast-restart.ts";
import { freeze } from "./freeze.ts";
import { halfOpen } from "./half-open.ts";
import { killStart } from "./kill-start.ts";
import { killedTwice } from "./killed-twice.ts";
import { largeTransactions } from "./large-transactions.ts";
import { majorityRing } from "./majority-ring.ts";
import { migrations } from "./migrations.ts";
import { nervous } from "./nervous.ts";
import { nodePartition } from "./node-partition.ts";
import { orphans } from "./orphans.ts";
import { randomDisasters } from "./random-disasters.ts";
import { rollingRestarts } from "./rolling-restarts.ts";
import { sequences } from "./sequences.ts";
import { skewedClocks } from "./skewed-clocks.ts";
import { storm } from "./storm.ts";
import { t1AfterOneMessage } from "./t1-after-one-message.ts";
import { t1BeforeAnyMessage } from "./t1-before-any-message.ts";
import { t2Cascade } from "./t2-cascade.ts";
import { t3Partition } from "./t3-partition.ts";
import { t4SlowCoordinator } from "./t4-slow-coordinator.ts";
import { t5OldMessages } from "./t5-old-messages.ts";
import { t6EveryStep } from "./t6-every-step.ts";
import { t7ReturnsPrepared } from "./t7-returns-prepared.ts";
import { t8OneWay } from "./t8-one-way.ts";
import { twoOfFive } from "./two-of-five.ts";
import { worstMoment } from "./worst-moment.ts";
import { writeSkew } from "./write-skew.ts";

export const CATALOGUE: readonly ScenarioInput[] = [
  bank,
  worstMoment,
  t1BeforeAnyMessage,
  t1AfterOneMessage,
  t2Cascade,
  t3Partition,
  t4SlowCoordinator,
  t5OldMessages,
  t6EveryStep,
  t7ReturnsPrepared,
  t8OneWay,
  cross,
  writeSkew,
  crossingUpdates,
  nervous,
  orphans,
  sequences,
  migrations,
  largeTransactions,
  skewedClocks,
  badClock,
  storm,
  killStart,
  killedTwice,
  nodePartition,
  edgeSplit,
  halfOpen,
  majorityRing,
  freeze,
  twoOfFive,
  rollingRestarts,
  fastRestart,
  randomDisasters,
];

/** As it was written, or undefined. */
export function findScenario(name: string): ScenarioInput | undefined {
  return CATALOGUE.find((scenario) => scenario.name === name);
}
