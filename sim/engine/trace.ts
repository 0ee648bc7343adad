/** A trace in the making: every input that a node took, in words, with the trace hash up to and with it. */
import type { Input } from "../../protocol/inputs.ts";
import type { NodeId } from "../../protocol/members.ts";
import type { Micros } from "../../scenarios/history.ts";
import { describeInput } from "../../scenarios/narration.ts";
import { showHash } from "./hash.ts";
import type { SimWorld } from "./world.ts";

export interface TraceEvent {
  readonly at: Micros;
  readonly node: NodeId;
  readonly what: string;
  readonly digest: string;
}

/** Has the world tell `take` of every event from now on. */
export function recordTrace(world: SimWorld, take: (event: TraceEvent) => void): void {
  world.record = (at: Micros, node: NodeId, input: Input) => {
    take({ at, node, what: describeInput(input), digest: showHash(world.state.hash) });
  };
}
