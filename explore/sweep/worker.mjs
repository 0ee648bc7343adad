// A worker thread of a sweep, as Node can start it: hands over to the TypeScript beside it.
import { register } from "tsx/esm/api";

register();
const { sweepSeed } = await import("./sweep-seed.ts");

/** Runs a batch of seeds; says how long each took. */
export function sweepBatch(requests) {
  return requests.map((request) => {
    const began = performance.now();
    return { result: sweepSeed(request), ms: performance.now() - began };
  });
}
