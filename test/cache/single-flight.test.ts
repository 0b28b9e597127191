import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SingleFlight } from '../../server/cache/single-flight.ts';
import type { Passenger } from '../../server/cache/single-flight.ts';

type Ending = 'shared' | 'proceeded' | 'expired';

/** A passenger that remembers what it was told. */
class Fake implements Passenger<string> {
  readonly name: string;
  readonly deadlineMs: number;
  readonly #onLead: (self: Fake) => void;
  leads = 0;
  ending: Ending | undefined;
  value: string | undefined;

  constructor(name: string, deadlineMs = Infinity, onLead: (self: Fake) => void = () => {}) {
    this.name = name;
    this.deadlineMs = deadlineMs;
    this.#onLead = onLead;
  }

  lead(): void {
    this.leads++;
    this.#onLead(this);
  }

  share(value: string): void {
    this.value = value;
    this.#end('shared');
  }

  proceed(): void {
    this.#end('proceeded');
  }

  expire(): void {
    this.#end('expired');
  }

  #end(ending: Ending): void {
    expect(this.ending, `${this.name} has ended before`).toBeUndefined();
    this.ending = ending;
  }
}

const boarded = (flights: SingleFlight<string>, ...names: readonly string[]): Fake[] =>
  names.map((name) => {
    const passenger = new Fake(name);
    flights.board('k', passenger);
    return passenger;
  });

describe('equal requests in progress', () => {
  it('are led by the first, and all get its answer', () => {
    const flights = new SingleFlight<string>();
    const [a, b, c] = boarded(flights, 'a', 'b', 'c');
    expect([a!.leads, b!.leads, c!.leads]).toEqual([1, 0, 0]);
    expect(flights.waiting).toBe(2);
    flights.land('k', a!, 'answer');
    expect([b!.value, c!.value]).toEqual(['answer', 'answer']);
    expect(flights.waiting).toBe(0);
  });

  it('of different keys know nothing of each other', () => {
    const flights = new SingleFlight<string>();
    const a = new Fake('a');
    const b = new Fake('b');
    flights.board('one', a);
    flights.board('two', b);
    expect([a.leads, b.leads]).toEqual([1, 1]);
    flights.land('one', a, 'answer');
    expect(b.ending).toBeUndefined();
  });

  it('run by themselves where the answer cannot be shared', () => {
    const flights = new SingleFlight<string>();
    const [a, b, c] = boarded(flights, 'a', 'b', 'c');
    flights.land('k', a!, undefined);
    expect([b!.ending, c!.ending]).toEqual(['proceeded', 'proceeded']);
  });

  it('go on under the next in line where the leader leaves, again and again', () => {
    const flights = new SingleFlight<string>();
    const [a, b, c, d] = boarded(flights, 'a', 'b', 'c', 'd');
    flights.leave('k', a!);
    flights.leave('k', b!);
    expect([b!.leads, c!.leads, d!.leads]).toEqual([1, 1, 0]);
    flights.land('k', c!, 'answer');
    expect([a!.ending, b!.ending, d!.value]).toEqual([undefined, undefined, 'answer']);
  });

  it('go on under the next where the leader fails; where two fail in a row the others run by themselves', () => {
    const flights = new SingleFlight<string>();
    const [a, b, c, d] = boarded(flights, 'a', 'b', 'c', 'd');
    flights.fail('k', a!);
    expect([b!.leads, c!.ending]).toEqual([1, undefined]);
    flights.fail('k', b!);
    expect([c!.ending, d!.ending]).toEqual(['proceeded', 'proceeded']);
    expect(b!.ending).toBeUndefined();
  });

  it('forget one that leaves while it waits', () => {
    const flights = new SingleFlight<string>();
    const [a, b] = boarded(flights, 'a', 'b');
    flights.leave('k', b!);
    expect(flights.waiting).toBe(0);
    flights.land('k', a!, 'answer');
    expect(b!.ending).toBeUndefined();
  });

  it('wait no longer than their own deadlines', () => {
    const flights = new SingleFlight<string>();
    const leader = new Fake('leader', 50);
    const early = new Fake('early', 100);
    const late = new Fake('late', 200);
    for (const passenger of [leader, early, late]) flights.board('k', passenger);
    flights.sweep(99);
    expect(early.ending).toBeUndefined();
    flights.sweep(100);
    expect([leader.ending, early.ending, late.ending]).toEqual([undefined, 'expired', undefined]);
    flights.land('k', leader, 'answer');
    expect(late.value).toBe('answer');
  });

  it('open a new flight after the answer, not before', () => {
    const flights = new SingleFlight<string>();
    const [a] = boarded(flights, 'a');
    const eager = new Fake('eager');
    const follower = new Fake('follower');
    follower.share = () => flights.board('k', eager);
    flights.board('k', follower);
    flights.land('k', a!, 'answer');
    expect(eager.leads).toBe(1);
  });

  it('ignore a landing or a failure of one that does not lead', () => {
    const flights = new SingleFlight<string>();
    const [a, b] = boarded(flights, 'a', 'b');
    flights.land('k', b!, 'wrong');
    flights.fail('k', b!);
    flights.land('other', a!, 'wrong');
    expect([a!.leads, b!.ending]).toEqual([1, undefined]);
  });

  it('are all told where every leader fails at once, without one call inside the other', () => {
    const flights = new SingleFlight<string>();
    const failAtOnce = (self: Fake): void => flights.fail('k', self);
    const leader = new Fake('leader');
    flights.board('k', leader);
    const others = Array.from({ length: 20_000 }, (_, index) => new Fake(String(index), Infinity, failAtOnce));
    for (const other of others) flights.board('k', other);
    flights.fail('k', leader);
    expect(others[0]!.leads).toBe(1);
    expect(others.slice(1).every(({ ending }) => ending === 'proceeded')).toBe(true);
  });

  it('end exactly once each, whatever happens in whatever order', () => {
    const step = fc.tuple(fc.constantFrom('board', 'land', 'fail', 'leave', 'sweep'), fc.nat(9));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const flights = new SingleFlight<string>();
        const all: Fake[] = [];
        const done = new Set<Fake>();
        let nowMs = 0;
        const leaderNow = (): Fake | undefined =>
          all.findLast((each) => each.leads > 0 && each.ending === undefined && !done.has(each));
        for (const [kind, number] of steps) {
          const leader = leaderNow();
          if (kind === 'board') {
            const passenger = new Fake(String(all.length), nowMs + number);
            all.push(passenger);
            flights.board('k', passenger);
          } else if (kind === 'sweep') flights.sweep((nowMs += number));
          else if (kind === 'leave') {
            const leaver = all[number % Math.max(1, all.length)];
            if (leaver === undefined || leaver.ending !== undefined || done.has(leaver)) continue;
            done.add(leaver);
            flights.leave('k', leaver);
          } else if (leader !== undefined) {
            done.add(leader);
            if (kind === 'land') flights.land('k', leader, 'answer');
            else flights.fail('k', leader);
          }
          const waiting = all.filter((each) => each.leads === 0 && each.ending === undefined && !done.has(each));
          expect(flights.waiting).toBe(waiting.length);
          // Nobody waits for nobody.
          if (waiting.length > 0) expect(leaderNow()).toBeDefined();
          expect(
            all.filter((each) => each.leads > 0 && each.ending === undefined && !done.has(each)).length,
          ).toBeLessThan(2);
        }
      }),
    );
  });
});
