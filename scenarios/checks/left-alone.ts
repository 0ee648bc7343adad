/**
 * Liveness with a majority: at the end of a storm some nodes that are a majority are well and left alone, while the
 * others stand still; then these heal themselves and commit, without anybody else's help and in bounded time.
 *
 * That is more than to end well once everybody is back. Where the protocol may block without those who stand still, as
 * 2PC does whose coordinator is among them, the check says so, and has nothing to judge.
 */
import { type NodeId, type NodeSet, toList } from "../../protocol/members.ts";
import { showMicros } from "../durations.ts";
import type { FactOf } from "../facts.ts";
import type { History, Micros } from "../history.ts";
import type { Scenario } from "../scenario.ts";
import { type Check, type Finding, holds, notExercised, violated } from "./check.ts";
import { suspectsTheHealthy } from "./service.ts";

export const majorityWorks: Check = {
  name: "majority works",
  holds:
    "a majority that is well and left alone heals itself and commits while the others stand still, except where the protocol may block",
  source: "mmts 10 (liveness: within T after healing a majority is online and commits); theory 2.1 to 2.8",
  begin: (scenario) => {
    let began: Began | null = null;
    let ended: Ended | null = null;
    return {
      on: {
        "left alone": ({ nodes, frozen }, _entry, at) => {
          began = { nodes, frozen, at };
        },
        freed: (fact, _entry, at) => {
          ended = { fact, at };
        },
      },
      end: ({ history }) => {
        if (began === null || ended === null) return notExercised("no majority was left alone");
        return judge(scenario, history, began, ended);
      },
    };
  },
};

interface Began {
  readonly nodes: NodeSet;
  readonly frozen: NodeSet;
  readonly at: Micros;
}

interface Ended {
  readonly fact: FactOf<"freed">;
  readonly at: Micros;
}

function judge(scenario: Scenario, history: History, began: Began, { fact, at }: Ended): Finding {
  const alone = `nodes ${toList(began.nodes).join(", ")}`;
  const broken = fact.unhealed ?? whoCommitsNothing(scenario, history, began, at);
  if (broken === null) return holds();
  const blocked = fact.stalls.find(({ allowed }) => allowed);
  if (blocked !== undefined)
    return notExercised(`${alone} were left alone, and may block: ${blocked.sentence}`);
  const nervous = suspectsTheHealthy(scenario);
  if (nervous !== null) return notExercised(nervous);
  const doubts = fact.stalls.map(({ sentence }) => sentence);
  return violated(
    `${alone} were left alone for ${showMicros(at - began.at)}, and ${broken}`,
    ...doubts.slice(0, 1),
  );
}

/**
 * A node with clients of which none was told of the commit of an update that it began meanwhile. With a lock timeout some
 * may starve, because a commit may take longer: then it is enough that one node commits.
 */
function whoCommitsNothing(
  { database }: Scenario,
  { transactions }: History,
  began: Began,
  until: Micros,
): string | null {
  const asked = new Set<NodeId>();
  const committed = new Set<NodeId>();
  for (const { node, beganAt, endedAt, outcome, gid } of transactions) {
    if (beganAt < began.at || beganAt >= until) continue;
    asked.add(node);
    if (outcome === "committed" && gid !== 0 && endedAt < until) committed.add(node);
  }
  if (database.lockTimeout > 0 && committed.size > 0) return null;
  const idle = toList(began.nodes).find((node) => asked.has(node) && !committed.has(node));
  return idle === undefined ? null : `no client of node ${idle} committed an update`;
}
