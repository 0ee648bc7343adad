/** Actions of a model of our reducers, in words. */
import { toList } from "../../../protocol/members.ts";
import type { Operation, Packet } from "../host.ts";
import { ARGUMENTS } from "./successors.ts";
import type { World } from "./world.ts";

export function describe({ cluster }: World, argument: number): string {
  const node = Math.floor(argument / ARGUMENTS);
  const what = cluster.operations.values[argument % ARGUMENTS] as Operation;
  switch (what.type) {
    case "packet":
      return describeArrival(what.packet);
    case "database":
      return what.fails
        ? `node ${node}: the database fails`
        : `node ${node}: the database carries out its next command`;
    case "reply":
      return `node ${node}: hears from its database`;
    case "flush":
      return `node ${node}: its log write is durable`;
    case "beat":
      return what.unheard === 0
        ? `node ${node}: its timeouts are over`
        : `node ${node}: its timeouts are over, and it suspects node ${toList(what.unheard).join(" and ")}`;
    case "crash":
      return `node ${node}: crashes${survivors(what.records, what.commands)}`;
    case "restart":
      return `node ${node}: starts again`;
  }
}

function survivors(records: number, commands: number): string {
  const kept = [
    ...(records > 0 ? [`${records} log write${records > 1 ? "s" : ""}`] : []),
    ...(commands > 0 ? [`${commands} command${commands > 1 ? "s" : ""} of its database`] : []),
  ];
  return kept.length === 0 ? "" : `, just after ${kept.join(" and ")} became durable`;
}

function describeArrival(packet: Packet): string {
  const { from, to } = packet;
  switch (packet.kind) {
    case "message":
      return `node ${to}: hears ${packet.message.type} from node ${from}`;
    case "write set":
      return `node ${to}: receives the write set from node ${from}`;
    case "open stream":
      return `node ${to}: node ${from} reads its stream again`;
  }
}
