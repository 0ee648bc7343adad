/** The named scenarios. A new one is a file beside the others and a row here. */
import type { ScenarioInput } from "../scenario.ts";
import { addNode } from "./add-node.ts";
import { addWhileFailing } from "./add-while-failing.ts";
import { allKilled } from "./all-killed.ts";
import { allReplaced } from "./all-replaced.ts";
import { badClock } from "./bad-clock.ts";
import { bank } from "./bank.ts";
import { bug01AckedAndGone } from "./bug-01-acked-and-gone.ts";
import { bug02LateVotes } from "./bug-02-late-votes.ts";
import { bug03IsolatedCoordinator } from "./bug-03-isolated-coordinator.ts";
import { bug05OneLostMessage } from "./bug-05-one-lost-message.ts";
import { bug06AbortFirst } from "./bug-06-abort-first.ts";
import { bug07ClientGone } from "./bug-07-client-gone.ts";
import { bug11SlowAnswers } from "./bug-11-slow-answers.ts";
import { bug12TwoInDoubt } from "./bug-12-two-in-doubt.ts";
import { bug22DonorRestarts } from "./bug-22-donor-restarts.ts";
import { bug28DonorDies } from "./bug-28-donor-dies.ts";
import { bug30MissedMigrations } from "./bug-30-missed-migrations.ts";
import { bug34DiesBeforeItsMark } from "./bug-34-dies-before-its-mark.ts";
import { bug36SecondCandidate } from "./bug-36-second-candidate.ts";
import { bug37ReturnsDuringTheElection } from "./bug-37-returns-during-the-election.ts";
import { bug38ReturnsToHalf } from "./bug-38-returns-to-half.ts";
import { bug39SlowToReach } from "./bug-39-slow-to-reach.ts";
import { bug40OneNoticesFirst } from "./bug-40-one-notices-first.ts";
import { bug41LateVoter } from "./bug-41-late-voter.ts";
import { bug42CrossingCampaigns } from "./bug-42-crossing-campaigns.ts";
import { bug43ShutdownByPieces } from "./bug-43-shutdown-by-pieces.ts";
import { bug44Diamond } from "./bug-44-diamond.ts";
import { bug45StalledObserver } from "./bug-45-stalled-observer.ts";
import { bug46LongAbsence } from "./bug-46-long-absence.ts";
import { clockSpeed } from "./clock-speed.ts";
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
import { majorityRingOfFive } from "./majority-ring-of-five.ts";
import { migrations } from "./migrations.ts";
import { nervous } from "./nervous.ts";
import { nodePartition } from "./node-partition.ts";
import { nodeRejected } from "./node-rejected.ts";
import { nodeStopStart } from "./node-stop-start.ts";
import { orphans } from "./orphans.ts";
import { randomDisasters } from "./random-disasters.ts";
import { REFEREE } from "./referee.ts";
import { removeFromAMinority } from "./remove-from-a-minority.ts";
import { removeNode } from "./remove-node.ts";
import { replaceNode } from "./replace-node.ts";
import { rollingRestarts } from "./rolling-restarts.ts";
import { sequences } from "./sequences.ts";
import { skewedClocks } from "./skewed-clocks.ts";
import { slowDisk } from "./slow-disk.ts";
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
import { timeShift } from "./time-shift.ts";
import { tooFarBehind } from "./too-far-behind.ts";
import { truncateUnderLoad } from "./truncate-under-load.ts";
import { twoOfFive } from "./two-of-five.ts";
import { twoSessionDeadlock } from "./two-session-deadlock.ts";
import { worstMoment } from "./worst-moment.ts";
import { writeSkew } from "./write-skew.ts";

/** One failure each, of those that the original was tested with, and some that it was not: `lockstep failures` runs them. */
export const FAILURES: readonly ScenarioInput[] = [
  nodeStopStart,
  killStart,
  killedTwice,
  nodePartition,
  nodeRejected,
  edgeSplit,
  halfOpen,
  majorityRing,
  majorityRingOfFive,
  freeze,
  timeShift,
  clockSpeed,
  slowDisk,
  twoOfFive,
  allKilled,
  rollingRestarts,
  fastRestart,
];

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
  twoSessionDeadlock,
  crossingUpdates,
  nervous,
  orphans,
  sequences,
  migrations,
  truncateUnderLoad,
  largeTransactions,
  skewedClocks,
  badClock,
  storm,
  ...FAILURES,
  bug01AckedAndGone,
  bug02LateVotes,
  bug03IsolatedCoordinator,
  bug05OneLostMessage,
  bug06AbortFirst,
  bug07ClientGone,
  bug11SlowAnswers,
  bug12TwoInDoubt,
  bug22DonorRestarts,
  bug28DonorDies,
  bug30MissedMigrations,
  bug34DiesBeforeItsMark,
  bug36SecondCandidate,
  bug37ReturnsDuringTheElection,
  bug38ReturnsToHalf,
  bug39SlowToReach,
  bug40OneNoticesFirst,
  bug41LateVoter,
  bug42CrossingCampaigns,
  bug43ShutdownByPieces,
  bug44Diamond,
  bug45StalledObserver,
  bug46LongAbsence,
  addNode,
  addWhileFailing,
  removeNode,
  removeFromAMinority,
  replaceNode,
  tooFarBehind,
  allReplaced,
  ...REFEREE,
  randomDisasters,
];

/** As it was written, or undefined. */
export function findScenario(name: string): ScenarioInput | undefined {
  return CATALOGUE.find((scenario) => scenario.name === name);
}
