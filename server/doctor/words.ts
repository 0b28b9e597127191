/** Numbers and times in the doctor's sentences. */

const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** `1.5 GB`, decimal. */
export function bytesText(bytes: number): string {
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${Number(scaled.toFixed(scaled < 10 && unit > 0 ? 1 : 0))} ${units[unit]}`;
}

/** `2026-11-24 12:00:00`, local. */
export function timeText(ms: number): string {
  return new Date(ms).toLocaleString('sv-SE');
}

export function countText(count: number, one: string, other = `${one}s`): string {
  return `${count} ${count === 1 ? one : other}`;
}

/** `3 hours`, in the largest unit of which there are two. */
export function upText(seconds: number): string {
  if (seconds < 120) return countText(Math.round(seconds), 'second');
  if (seconds < 7200) return countText(Math.round(seconds / 60), 'minute');
  return seconds < 172_800
    ? countText(Math.round(seconds / 3600), 'hour')
    : countText(Math.round(seconds / 86_400), 'day');
}
