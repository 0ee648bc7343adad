/** What transactions saw: the isolation level that the snapshot manager promises, and whether snapshots are what they claim. */
import type { Level } from "../levels.ts";
import { isAtLeast } from "../levels.ts";
import type { Scenario } from "../scenario.ts";
import { type Check, holds, notExercised, violated } from "./check.ts";

/**
 * Theory 3.8 and 5.1, for sessions that stay at their node. An answer that waits for all members makes SI strong only
 * where applied means visible: under CSN visibility another node's clock may be behind the commit.
 * A node that was left out of a generation may show an old snapshot until it notices, so only a fixed membership makes
 * it strong.
 */
export function promisedIsolation({ snapshot, protocol, membership }: Scenario): Level {
  if (snapshot === "local") return "update atomic";
  const waits = protocol.waitPeerCommits && membership === "fixed";
  const isStrong = snapshot === "clock-si-committer" && waits;
  return isStrong ? "strong SI" : "strong session SI";
}

export const isolation: Check = {
  name: "isolation",
  holds: "the history reaches the isolation level that the snapshot manager promises",
  source: "theory 4.4, 5.1; Cerone, Bernardi, Gotsman, CONCUR 2015",
  begin: (scenario) => ({
    on: {},
    end: (run) => {
      const { levels, violations } = run.isolation();
      const promised = promisedIsolation(scenario);
      if (levels[promised] === "not exercised") return notExercised("too few reads and writes to judge");
      const broken = violations.findLast(({ level }) => level === promised || isAtLeast(promised, level));
      if (levels[promised] === "holds" || broken === undefined) return holds();
      return violated(`${promised} was promised: ${broken.anomaly}`, ...broken.sentences);
    },
  }),
};

export const prefix: Check = {
  name: "prefix",
  holds:
    "on stock servers with a committer, every snapshot is a prefix of the cluster's commits in order of CSN",
  source: "theory 4.3 PREFIX, 5.1, 7.2",
  begin: (scenario) => ({
    on: {},
    end: (run) => {
      if (scenario.snapshot !== "clock-si-committer")
        return notExercised(`${scenario.snapshot} does not promise it`);
      const { verdict, violation } = run.prefix();
      if (violation !== null) return violated(violation.sentence);
      return verdict === "holds" ? holds() : notExercised("no snapshot was taken, or nothing was committed");
    },
  }),
};

export const trueLabels: Check = {
  name: "true labels",
  holds:
    "each read returns the newest version up to its snapshot's CSN, and of two concurrent writers of a row one aborts",
  source: "theory 4.3 EXT, NOCONFLICT, SESSION; Chronos, arXiv 2504.01477",
  begin: () => ({
    on: {},
    end: (run) => {
      const { labels } = run.isolation();
      if (labels === null) return notExercised("local snapshots have no CSN");
      const { EXT, NOCONFLICT, SESSION } = labels.checks;
      const first = labels.violations.find(({ check }) => check !== "REALTIME");
      if (first !== undefined) return violated(`${first.check}: ${first.sentence}`);
      return [EXT, NOCONFLICT, SESSION].includes("holds") ? holds() : notExercised("nothing was read");
    },
  }),
};
