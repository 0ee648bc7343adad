/** The version of Lockstep; the same as in package.json. A trace is exact only within one version. */
export const VERSION = "0.1.0";
