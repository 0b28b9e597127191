/** What the command line takes as numbers, with the sentence that refuses another. */
import { InvalidArgumentError } from 'commander';

export function portNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
}

export function positive(text: string): number {
  return wholeNumber(text, 1, 64);
}

function wholeNumber(text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(`A whole number from ${min} to ${max} is expected.`);
}

export function limitNumber(text: string): number {
  return wholeNumber(text, 1, 1000);
}

export function lifetime(text: string): number {
  return wholeNumber(text, 1, 315_360_000);
}

export function copies(text: string): number {
  return wholeNumber(text, 0, 64);
}

export function seconds(text: string): number {
  return wholeNumber(text, 1, 86_400);
}
