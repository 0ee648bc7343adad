/** The nemesis that draws its faults from the seed. Source: mmts 8.2, random_disasters. */
import { contains, firstNodes, type NodeId, type NodeSet, setOf, toList } from "../../protocol/members.ts";
import type { Fault } from "../faults.ts";
import { type Random, randomInt, randomOf } from "../random.ts";
import type { NemesisParameters } from "../scenario.ts";

export function randomFault(nemesis: NemesisParameters, nodes: number, random: Random): Fault {
  const kind = randomOf(random, nemesis.kinds);
  const node = 1 + randomInt(random, nodes);
  const other = 1 + ((node - 1 + 1 + randomInt(random, Math.max(1, nodes - 1))) % nodes);
  switch (kind) {
    case "crash":
    case "pause":
    case "disconnect":
      return { kind, node };
    case "cut":
      return { kind, from: [node], to: [other], both: random() < 0.5 };
    case "partition":
      return { kind, groups: randomHalves(nodes, random) };
    case "reject":
      return { kind: "partition", groups: randomHalves(nodes, random), rejects: true };
    case "clock step":
      return { kind, node, byUs: randomInt(random, 2 * nemesis.step + 1) - nemesis.step };
    case "clock rate":
      return { kind, node, ppm: randomInt(random, 200_001) - 100_000 };
    case "slow fsync":
      return { kind, node, factor: 1 + randomInt(random, 100) };
    case "delay":
      return { kind, upToUs: randomInt(random, 50_000) };
  }
}

function randomHalves(nodes: number, random: Random): NodeId[][] {
  let side: NodeSet = 0;
  for (let node = 1; node <= nodes; node++) if (random() < 0.5) side |= setOf(node);
  const all = toList(firstNodes(nodes));
  return [all.filter((node) => contains(side, node)), all.filter((node) => !contains(side, node))];
}
