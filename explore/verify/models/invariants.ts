/** What must hold in every state of a model of our reducers. */
import { showGid } from "../../../protocol/gid.ts";
import { hostOf } from "../cluster.ts";
import type { Host } from "../host.ts";
import type { Invariant, State } from "../model.ts";
import { shownBy } from "./observation.ts";
import { GID, type World } from "./world.ts";

/** Where no node has committed, answered or broken anything, there is nothing to look at. */
export function invariantsOf(world: World): Invariant[] {
  return invariantsOfLoud(world).map(({ name, violation }) => ({
    name,
    violation: (state) => (isQuiet(world, state) ? null : violation(state)),
  }));
}

function isQuiet(world: World, state: State): boolean {
  for (let node = 0; node < world.nodes; node++)
    if (!shownBy(world, state[node] as number).quiet) return false;
  return true;
}

function invariantsOfLoud(world: World): Invariant[] {
  const { cluster, nodes } = world;
  const everyHost = (state: State): Host[] =>
    Array.from({ length: nodes }, (_, index) => hostOf(cluster, state[index] as number));
  return [
    {
      name: "one outcome",
      violation: (state) => {
        const hosts = everyHost(state);
        const committed = hosts.find(({ witnessed }) => witnessed.committed !== 0);
        const aborted = hosts.find(({ witnessed }) => witnessed.aborted);
        if (committed === undefined || aborted === undefined) return null;
        return `${showGid(GID)} is committed on node ${committed.config.node} and aborted on node ${aborted.config.node}`;
      },
    },
    {
      name: "same CSN",
      violation: (state) => {
        const csns = everyHost(state).flatMap(({ witnessed: { committed } }) =>
          committed === 0 ? [] : [committed],
        );
        if (new Set(csns).size <= 1) return null;
        return `${showGid(GID)} is committed with the CSNs ${csns.join(" and ")}`;
      },
    },
    {
      name: "all prepared",
      violation: (state) => {
        const hosts = everyHost(state);
        if (hosts.every(({ witnessed }) => witnessed.committed === 0)) return null;
        const unprepared = hosts.find(({ witnessed }) => !witnessed.prepared);
        if (unprepared === undefined) return null;
        return `${showGid(GID)} is committed, and node ${unprepared.config.node} has never prepared it`;
      },
    },
    {
      name: "acknowledged survives",
      violation: (state) => {
        const hosts = everyHost(state);
        const told = hosts.find(({ witnessed }) => witnessed.answered !== "nothing");
        if (told === undefined) return null;
        const { answered, committed } = told.witnessed;
        if (answered === "committed" && committed === 0)
          return "the client was told of a commit that is not durable";
        const against = hosts.find(({ witnessed }) =>
          answered === "committed" ? witnessed.aborted : witnessed.committed !== 0,
        );
        if (against === undefined) return null;
        return `the client was told that it is ${answered}, and on node ${against.config.node} it is not`;
      },
    },
    {
      name: "sound",
      violation: (state) =>
        everyHost(state).find(({ witnessed }) => witnessed.broken !== null)?.witnessed.broken ?? null,
    },
  ];
}
