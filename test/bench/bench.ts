/** What every workload needs of the run that it is part of. */
import type { BenchOptions } from './options.ts';
import type { Contestant } from './contestant.ts';
import type { InferenceRequest } from './inference-request.ts';
import { answerOf } from './inference-request.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { Scope } from './scope.ts';

export class Bench {
  readonly options: BenchOptions;
  readonly #load: LoadGenerator;
  pairs = 0;
  /** Of them, those during which others used the processors. */
  disturbedPairs = 0;

  constructor(options: BenchOptions, load: LoadGenerator) {
    this.options = options;
    this.#load = load;
  }

  get numbersRequests(): boolean {
    return this.#load.numbersRequests;
  }

  /** One line of progress. */
  say(line: string): void {
    console.error(line);
  }

  countPair(disturbed: boolean): void {
    this.pairs++;
    if (disturbed) this.disturbedPairs++;
  }

  /** Whatever answers `request` at `baseUrl`, as a side of a comparison. */
  contestant(scope: Scope, baseUrl: string, request: InferenceRequest): Contestant {
    return {
      measure: (connections, seconds) => this.#load.run(scope, baseUrl, { request, connections, seconds }),
      answer: () => answerOf(baseUrl, request),
    };
  }
}
