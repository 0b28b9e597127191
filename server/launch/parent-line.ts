/**
 * The host's side of the channel to the program that started it (host-process.ts): says when the host listens, and hears when it
 * shall stop. A channel that breaks is a program that died: the host stops in order then, as nobody else would end it.
 */

export class ParentLine {
  readonly #stopAsked: Promise<void>;

  constructor() {
    this.#stopAsked = new Promise((resolve) => {
      process.on('message', (message: { type?: unknown } | null) => message?.type === 'stop' && resolve());
      process.on('disconnect', resolve);
      if (!process.connected) resolve();
    });
  }

  /** Once: asked to stop, or left alone. Also before the host has started. */
  onStop(stop: () => void): void {
    void this.#stopAsked.then(stop);
  }

  /** The run file is there and the ports are bound. */
  sayListening(): void {
    if (process.connected) process.send!({ type: 'listening' }, undefined, undefined, () => {});
  }
}
