#!/usr/bin/env node
// The command as Node can start it: sees that the packages are there, then hands over to the TypeScript beside it.
import "./setup.mjs";

const { register } = await import("tsx/esm/api");
register();
await import("./lockstep.ts");
