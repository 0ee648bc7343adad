/** All checks, in the order in which people want to read them. A new one is a row here. */
import { acknowledgedSurvives, allPrepared, nothingInDoubt, oneOutcome, sameCsn } from "./atomicity.ts";
import type { Check } from "./check.ts";
import { chosenStays, noAbortByRight, oneValuePerTerm, promisesRise } from "./consensus.ts";
import { constantTotal, equalData, equalSchema, integrity, locksHold } from "./data.ts";
import { durableBeforeTold } from "./durability.ts";
import { generationsInOrder, nothingMissed, oneGeneration, promisesKept } from "./generations.ts";
import { majorityWorks } from "./left-alone.ts";
import { csnOrder, oldestSurvives } from "./order.ts";
import { shortOutages } from "./outages.ts";
import { progress } from "./progress.ts";
import { distinctNumbers } from "./sequences.ts";
import { isolation, prefix, trueLabels } from "./snapshots.ts";
import { sound } from "./soundness.ts";

export const CHECKS: readonly Check[] = [
  oneOutcome,
  acknowledgedSurvives,
  allPrepared,
  sameCsn,
  durableBeforeTold,
  oneValuePerTerm,
  chosenStays,
  promisesRise,
  noAbortByRight,
  oneGeneration,
  promisesKept,
  generationsInOrder,
  nothingMissed,
  isolation,
  trueLabels,
  prefix,
  csnOrder,
  constantTotal,
  equalData,
  equalSchema,
  integrity,
  locksHold,
  distinctNumbers,
  nothingInDoubt,
  oldestSurvives,
  progress,
  majorityWorks,
  shortOutages,
  sound,
];
