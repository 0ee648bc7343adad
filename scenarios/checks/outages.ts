/**
 * How long clients feel that one node dies and comes back.
 *
 * A loss may cost all writers the failure detector's patience and an election; a return may cost them one generation
 * switch and no more, however much the node has to catch up with, for it does that before it stands for election.
 *
 * One generation switch: from the moment at which the first node has the new generation durably to the moment at which
 * the last of its members has durably come online in it; it may take two heartbeats. A pause: a time in which no client
 * anywhere was told of the commit of an update; clients that think and deadlock make short ones in a healthy cluster too.
 */
import type { NodeId } from "../../protocol/members.ts";
import type { MembershipRecord } from "../../protocol/records.ts";
import { longestPause, patienceOf, timeToFirstUpdate, updateTimes } from "../availability.ts";
import { showMicros } from "../durations.ts";
import type { History, Micros } from "../history.ts";
import { parseScenario, type Scenario } from "../scenario.ts";
import { type Check, type Finding, holds, notExercised, violated } from "./check.ts";

/** In heartbeat timeouts: silence, an election, and what was in doubt. */
const PATIENCES = 2.5;
/** In heartbeats, of a generation switch: messages and flushes, and perhaps a wait for somebody's beat. */
const SWITCH_BEATS = 2;

export const shortOutages: Check = {
  name: "short outages",
  holds:
    "when one node dies the rest commits again within 2.5 heartbeat timeouts; its return pauses writes for one generation switch at most",
  source: "mmts 4.3, 4.5, 5.2, 8.1 (recovery within a limit); 9.3 bug 24",
  begin: (scenario) => {
    const outage = outageOf(scenario);
    const switches = new Map<number, Switch>();
    return {
      on: {
        recorded: ({ node, record }, _entry, at) => {
          if (record.kind === "membership") enterSwitch(switches, node, record, at);
        },
      },
      end: ({ history }) => {
        if (outage === null)
          return notExercised("no single node dies and comes back in a cluster made as usual");
        return judge(scenario, outage, history, switches);
      },
    };
  },
};

interface Outage {
  readonly node: NodeId;
  readonly diedAt: Micros;
  readonly startedAt: Micros;
}

interface Switch {
  readonly beganAt: Micros;
  /** When each member came online in it. */
  readonly online: Map<NodeId, Micros>;
}

/** Time for what is usual to show, before the node dies. */
const HEALTHY_US = 1_000_000;

/**
 * Times are promised only where nothing else is in the way: one crash that is noticed, clients on every node that think
 * less than a heartbeat, and a network, disks and timeouts as they are by default. 2PC is left out: it may block.
 */
function outageOf(scenario: Scenario): Outage | null {
  const { membership, commit, nodes, faults, nemesis, duration, protocol } = scenario;
  const [scheduled] = faults;
  if (membership === "fixed" || commit === "2pc" || nodes < 3) return null;
  if (nemesis !== null || faults.length !== 1 || scheduled === undefined) return null;
  const { when, fault, forUs } = scheduled;
  if (!("at" in when) || fault.kind !== "crash" || forUs === undefined) return null;
  const startedAt = when.at + forUs;
  const patience = PATIENCES * patienceOf(scenario);
  if (when.at < HEALTHY_US || forUs < patience || startedAt + patience > duration) return null;
  if (!isUsual(scenario) || !hasBusyClients(scenario, protocol.heartbeat)) return null;
  return { node: fault.node, diedAt: when.at, startedAt };
}

const USUAL = parseScenario({ name: "usual" });

function isUsual(scenario: Scenario): boolean {
  const parts = ["protocol", "network", "clocks", "disk", "database"] as const;
  return parts.every((part) => JSON.stringify(scenario[part]) === JSON.stringify(USUAL[part]));
}

function hasBusyClients({ workload }: Scenario, heartbeat: Micros): boolean {
  if (workload.kind !== "bank" || workload.nodes !== undefined || workload.operations !== undefined) {
    return false;
  }
  const { think } = workload;
  const longest = think.kind === "fixed" ? think.us : think.kind === "uniform" ? think.max : Infinity;
  return workload.transfers > 0 && longest < heartbeat;
}

function enterSwitch(
  switches: Map<number, Switch>,
  node: NodeId,
  { current, lastOnlineIn }: MembershipRecord,
  at: Micros,
): void {
  const known = switches.get(current.number) ?? { beganAt: at, online: new Map<NodeId, Micros>() };
  switches.set(current.number, known);
  if (lastOnlineIn === current.number && !known.online.has(node)) known.online.set(node, at);
}

function judge(
  scenario: Scenario,
  { node, diedAt, startedAt }: Outage,
  history: History,
  switches: ReadonlyMap<number, Switch>,
): Finding {
  const limit = PATIENCES * patienceOf(scenario);
  const commits = updateTimes(history);
  const loss = longestPause(commits, diedAt, startedAt);
  if (loss > limit) return tooLong(`nobody committed for ${showMicros(loss)} after node ${node} died`, limit);
  const back = timeToFirstUpdate(history, node, startedAt);
  if (back === null) return violated(`node ${node} committed nothing after it was started again`);
  if (back > scenario.database.restart + limit) {
    return tooLong(`node ${node} committed ${showMicros(back)} after its start`, limit);
  }
  const took = switchOf(switches, node, startedAt);
  const beats = SWITCH_BEATS * scenario.protocol.heartbeat;
  if (took > beats) return tooLong(`the switch that took node ${node} in lasted ${showMicros(took)}`, beats);
  const pause = longestPause(commits, startedAt, startedAt + back);
  if (pause > beats)
    return tooLong(`writes paused for ${showMicros(pause)} when node ${node} came back`, beats);
  const usual = longestPause(commits, 0, diedAt);
  const evidence = `a pause of ${showMicros(loss)} when node ${node} died and ${showMicros(pause)} when it came back; usual is ${showMicros(usual)}, a switch took ${showMicros(took)}`;
  return { ...holds(), evidence: [evidence] };
}

function tooLong(what: string, limit: Micros): Finding {
  return violated(`${what}; the limit is ${showMicros(limit)}`);
}

/** How long the switch lasted in which the node came online first after its start. */
function switchOf(switches: ReadonlyMap<number, Switch>, node: NodeId, startedAt: Micros): Micros {
  for (const { beganAt, online } of switches.values()) {
    if ((online.get(node) ?? 0) >= startedAt) return Math.max(...online.values()) - beganAt;
  }
  return 0;
}
