/**
 * Equal requests that are in progress at the same time: one of them leads and is run, the others wait for its answer.
 *
 * A leader that leaves or fails does so alone: the next in line leads. Where two leaders in a row have failed the rest stop
 * waiting and run as if there were no cache, because what fails twice should fail side by side, not one after the other.
 * Nobody waits beyond its own deadline. Knows neither requests nor answers.
 */

export interface Passenger<Value> {
  /** Monotonic milliseconds. */
  readonly deadlineMs: number;
  /** It is its turn to be run; ends with `land`, `fail` or `leave`. May do so at once. */
  lead(): void;
  /** The leader's answer, which is its own as well. */
  share(value: Value): void;
  /** The flight has ended without an answer that can be shared: it runs by itself, outside. */
  proceed(): void;
  /** Its deadline has passed while it waited. */
  expire(): void;
}

interface Flight<Value> {
  /** Undefined once the flight has ended: V8 may keep flights longer than they last, and the request must not stay with them. */
  leader: Passenger<Value> | undefined;
  /** In the order of their coming. */
  readonly waiting: Set<Passenger<Value>>;
  failures: number;
}

/** Leaders that may fail before the others stop waiting. */
const maxFailures = 2;

export class SingleFlight<Value> {
  readonly #flights = new Map<string, Flight<Value>>();
  #waiting = 0;

  /** Passengers that wait for another's answer. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Joins the flight of this key, or opens it and leads. */
  board(key: string, passenger: Passenger<Value>): void {
    const flight = this.#flights.get(key);
    if (flight === undefined) {
      this.#flights.set(key, { leader: passenger, waiting: new Set(), failures: 0 });
      passenger.lead();
    } else {
      flight.waiting.add(passenger);
      this.#waiting++;
    }
  }

  /** The leader has an answer; undefined where it cannot be shared. Nothing happens for a passenger that does not lead. */
  land(key: string, leader: Passenger<Value>, value: Value | undefined): void {
    const flight = this.#ledBy(key, leader);
    if (flight === undefined) return;
    this.#end(key, flight, (passenger) => (value === undefined ? passenger.proceed() : passenger.share(value)));
  }

  /** The leader has failed and been told so. */
  fail(key: string, leader: Passenger<Value>): void {
    const flight = this.#ledBy(key, leader);
    if (flight === undefined) return;
    flight.failures++;
    if (flight.failures < maxFailures) this.#handOver(key, flight);
    else this.#end(key, flight, (passenger) => passenger.proceed());
  }

  /** The passenger's client has gone, whether it leads or waits. */
  leave(key: string, passenger: Passenger<Value>): void {
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    if (flight.leader === passenger) this.#handOver(key, flight);
    else if (flight.waiting.delete(passenger)) this.#waiting--;
  }

  /** Ends the waiting of those whose deadline has passed. A leader's deadline is kept by whoever runs it. */
  sweep(nowMs: number): void {
    if (this.#waiting === 0) return;
    for (const flight of this.#flights.values()) {
      for (const passenger of flight.waiting) {
        if (passenger.deadlineMs > nowMs) continue;
        flight.waiting.delete(passenger);
        this.#waiting--;
        passenger.expire();
      }
    }
  }

  #ledBy(key: string, leader: Passenger<Value>): Flight<Value> | undefined {
    const flight = this.#flights.get(key);
    return flight?.leader === leader ? flight : undefined;
  }

  #handOver(key: string, flight: Flight<Value>): void {
    const [next] = flight.waiting;
    if (next === undefined) {
      this.#remove(key, flight);
      return;
    }
    flight.waiting.delete(next);
    this.#waiting--;
    flight.leader = next;
    next.lead();
  }

  #end(key: string, flight: Flight<Value>, tell: (passenger: Passenger<Value>) => void): void {
    // First the flight goes: whoever boards from here on opens another.
    this.#remove(key, flight);
    const passengers = [...flight.waiting];
    flight.waiting.clear();
    this.#waiting -= passengers.length;
    for (const passenger of passengers) tell(passenger);
  }

  #remove(key: string, flight: Flight<Value>): void {
    this.#flights.delete(key);
    flight.leader = undefined;
  }
}
