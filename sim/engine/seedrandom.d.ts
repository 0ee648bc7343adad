/** The one generator of seedrandom that the engine uses; @types/seedrandom describes only the whole package. */
declare module "seedrandom/lib/tychei.js" {
  export interface TycheiState {
    a: number;
    b: number;
    c: number;
    d: number;
  }
  interface Tychei {
    (): number;
    state(): TycheiState;
  }
  export default function tychei(seed: string, options: { state: boolean | TycheiState }): Tychei;
}
