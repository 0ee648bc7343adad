/** Random scenarios for fast-check: topologies, workloads, fault schedules, scripts of commands, and all of them together. */
import fc from "fast-check";
import { COMMIT_PROTOCOLS, SNAPSHOT_MANAGERS } from "../../protocol/config.ts";
import type { ScenarioInput } from "../../scenarios/scenario.ts";

type Workload = NonNullable<ScenarioInput["workload"]>;
type ScheduledFault = NonNullable<ScenarioInput["faults"]>[number];
type Script = Extract<Workload, { kind: "script" }>;

/** How the cluster is made, but for its size: network, clocks of its first two nodes, disks, servers, timeouts. */
export function topologies(): fc.Arbitrary<Partial<ScenarioInput>> {
  return fc.record({
    network: fc.record({
      mode: fc.constantFrom("ordered" as const, "datagram" as const),
      loss: fc.constantFrom(0, 0, 0.02, 0.2),
      duplication: fc.constantFrom(0, 0.1),
      latency: fc.constantFrom(uniform(200, 600), exponential(100, 2_000)),
    }),
    clocks: fc.constantFrom<NonNullable<ScenarioInput["clocks"]>>(
      [],
      [
        { node: 1, offset: "30ms", ppm: 100 },
        { node: 2, offset: "-20ms" },
      ],
    ),
    disk: fc.record({
      fsync: fc.constantFrom(uniform(100, 300), exponential(50, 3_000)),
      unsynced: fc.constantFrom("lost" as const, "any prefix" as const),
    }),
    database: fc.record({
      lockTimeout: fc.constantFrom(0, 30_000),
      deadlockTimeout: fc.constantFrom(50_000, 5_000),
    }),
    protocol: fc
      .record({
        beats: fc.constantFrom({}, {}, NERVOUS),
        skew: fc.constantFrom("wait" as const, "absorb" as const),
        waitPeerCommits: fc.boolean(),
        snapshotAge: fc.constantFrom(0, 2_000),
      })
      .map(({ beats, ...others }) => ({ ...beats, ...others })),
  });
}

/** The named workloads in several sizes. */
export function workloads(): fc.Arbitrary<Workload> {
  return fc.constantFrom<Workload>(
    { kind: "bank", accounts: 10, think: uniform(0, 5_000) },
    { kind: "bank", accounts: 3, transfers: 1 },
    { kind: "pairs" },
    { kind: "pairs", shows: "write skew" },
    { kind: "family" },
    { kind: "ddl" },
    { kind: "sequence" },
    { kind: "gate" },
    { kind: "register", keys: 3, reads: 0.5 },
  );
}

/** Clients on the first `nodes` nodes with their commands written out. */
export function scripts(nodes: number): fc.Arbitrary<Script> {
  const key = fc.integer({ min: 1, max: 3 });
  const command = fc.oneof(
    fc.record({ read: key }),
    fc.record({ add: fc.integer({ min: -5, max: 5 }), to: key }),
  );
  const client = fc.record({
    node: fc.integer({ min: 1, max: nodes }),
    isolation: fc.constantFrom("repeatable read" as const, "read committed" as const),
    start: fc.integer({ min: 0, max: 20_000 }),
    transactions: fc.array(fc.array(command, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
  });
  return fc
    .array(client, { minLength: 1, maxLength: 6 })
    .map((clients) => ({ kind: "script", keys: 3, clients }));
}

/** Faults at times within `duration` microseconds, each undone. */
export function faultSchedules(nodes: number, duration: number): fc.Arbitrary<ScheduledFault[]> {
  const node = fc.integer({ min: 1, max: nodes });
  const fault = fc.oneof(
    fc.record({ kind: fc.constantFrom("crash" as const, "pause" as const), node }),
    fc.record({
      kind: fc.constant("cut" as const),
      from: node.map((id) => [id]),
      to: node.map((id) => [id]),
      both: fc.boolean(),
    }),
    fc.subarray(Array.from({ length: nodes }, (_, index) => index + 1)).map((group) => ({
      kind: "partition" as const,
      groups: [
        group,
        Array.from({ length: nodes }, (_, index) => index + 1).filter((id) => !group.includes(id)),
      ],
    })),
    fc.record({
      kind: fc.constant("clock step" as const),
      node,
      byUs: fc.integer({ min: -200_000, max: 200_000 }),
    }),
    fc.record({ kind: fc.constant("slow fsync" as const), node, factor: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ kind: fc.constant("delay" as const), upToUs: fc.integer({ min: 0, max: 50_000 }) }),
  );
  const scheduled = fc.record({
    when: fc.record({ at: fc.integer({ min: 0, max: duration }) }),
    fault,
    forUs: fc.integer({ min: 1_000, max: 1_500_000 }),
  });
  return fc.array(scheduled, { maxLength: 8 });
}

/** Whole scenarios; what `fixed` says is not drawn. */
export function scenarios(fixed: Partial<ScenarioInput> = {}): fc.Arbitrary<ScenarioInput> {
  return fc.integer({ min: 2, max: 5 }).chain((drawn) => {
    const nodes = fixed.nodes ?? drawn;
    return fc
      .record({
        commit: fc.constantFrom(...COMMIT_PROTOCOLS),
        snapshot: fc.constantFrom(...SNAPSHOT_MANAGERS),
        workload: fc.oneof(workloads(), scripts(nodes)),
        faults: faultSchedules(nodes, DURATION_US),
        topology: topologies(),
      })
      .map(
        ({ topology, ...others }): ScenarioInput => ({
          name: "random",
          nodes,
          duration: DURATION_US,
          settle: "40s",
          ...topology,
          ...others,
          ...fixed,
        }),
      );
  });
}

const DURATION_US = 2_000_000;

/** Timeouts as short as a trip. */
const NERVOUS = { heartbeat: "3ms", suspectBeats: 2, voteBeats: 6, resendBeats: 2, resolveBeats: 3 };

function uniform(min: number, max: number) {
  return { kind: "uniform" as const, min, max };
}

function exponential(min: number, mean: number) {
  return { kind: "exponential" as const, min, mean };
}
