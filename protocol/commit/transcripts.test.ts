/**
 * Each protocol's behaviour as text: every input and effect of every node, for one transaction, without faults and with
 * the coordinator lost at its worst moment. A change of behaviour is a diff to be read.
 *
 * To write the files anew: npx vitest run protocol/commit/transcripts.test.ts -u
 */
import { describe, expect, test } from "vitest";
import { describeEffect, describeInput } from "../../scenarios/narration.ts";
import { parseScenario, type ScenarioInput } from "../../scenarios/scenario.ts";
import { runScenario } from "../../sim/run.ts";
import { COMMIT_PROTOCOLS, type CommitProtocolName } from "../config.ts";
import type { Effect } from "../effects.ts";
import type { Input } from "../inputs.ts";
import { type Step, step } from "../node.ts";

const FILES: Readonly<Record<CommitProtocolName, string>> = {
  "2pc": "two-phase",
  "3pc": "three-phase",
  e3pc: "e3pc",
  "paxos-commit": "paxos-commit",
};

describe.each(COMMIT_PROTOCOLS)("%s", (commit) => {
  test("three nodes, nothing fails", async () => {
    await expect(transcript({ commit })).toMatchFileSnapshot(`${FILES[commit]}.golden.txt`);
  });

  test("three nodes, the coordinator dies with all votes in and comes back", async () => {
    const faults = [
      {
        when: { on: { node: 1, site: "decide" } },
        fault: { kind: "crash" as const, node: 1 },
        forUs: "2500ms",
      },
    ];
    const text = transcript({ commit, faults, duration: "4s" });
    await expect(text).toMatchFileSnapshot(`${FILES[commit]}.coordinator-dies.golden.txt`);
  });
});

test("paxos-commit: five nodes, nothing fails", async () => {
  const text = transcript({ commit: "paxos-commit", nodes: 5 });
  await expect(text).toMatchFileSnapshot("paxos-commit.five.golden.txt");
});

function transcript(input: Partial<ScenarioInput>): string {
  const scenario = parseScenario({
    membership: "fixed",
    name: "one transaction",
    duration: "1s",
    snapshot: "local",
    workload: { kind: "register", nodes: [1], operations: 1, start: "500ms" },
    network: { latency: "1ms" },
    disk: { fsync: "100us" },
    database: { command: "10us", finish: "10us", client: "10us" },
    ...input,
  });
  const lines: string[] = [];
  let at = 0;
  const telling: Step = (state, taken, emit) => {
    const worthwhile = isWorthwhile(taken);
    const effects: string[] = [];
    step(state, taken, (effect) => {
      if (worthwhile ? !isRoutine(effect) : isAboutTransaction(effect)) effects.push(describeEffect(effect));
      emit(effect);
    });
    if (!worthwhile && effects.length === 0) return;
    lines.push(`${String(at).padStart(7)} node ${state.config.node}  ${describeInput(taken)}`);
    for (const effect of effects) lines.push(`${" ".repeat(18)}> ${effect}`);
  };
  runScenario(scenario, "1", {
    mode: "in place",
    checks: [],
    step: telling,
    attach: (world) => {
      world.record = (time) => {
        at = time;
      };
    },
  });
  return `${lines.join("\n")}\n`;
}

/** Heartbeats and timers are told only if they do something to a transaction. */
function isWorthwhile(input: Input): boolean {
  if (input.type === "timer") return false;
  return input.type !== "message" || input.message.type !== "heartbeat";
}

function isAboutTransaction(effect: Effect): boolean {
  if (effect.type === "note") return true;
  if (effect.type === "send") return effect.message.type !== "heartbeat";
  if (effect.type === "persist") return "gid" in effect.record;
  return effect.type === "answer";
}

function isRoutine(effect: Effect): boolean {
  if (effect.type === "setTimer" || effect.type === "openStream") return true;
  if (effect.type === "persist") return effect.record.kind === "clock" || effect.record.kind === "sequence";
  return effect.type === "send" && effect.message.type === "heartbeat";
}
