/** Numbers, units and times as people read them: one rule for each, used everywhere. Pure; the locale is passed in. */

export interface Figure {
  readonly value: string;
  /** Empty where the value needs none. */
  readonly unit: string;
}

/** What is shown where nothing is known. */
export const unknownText = '–';

export function formatNumber(value: number, maximumFractionDigits = 0, locale?: string): string {
  return numberFormat(locale, maximumFractionDigits).format(value);
}

const formats = new Map<string, Intl.NumberFormat>();

/** Making one costs more than a hundred uses of it. */
function numberFormat(locale: string | undefined, maximumFractionDigits: number): Intl.NumberFormat {
  const key = `${locale} ${maximumFractionDigits}`;
  let format = formats.get(key);
  if (format === undefined) formats.set(key, (format = new Intl.NumberFormat(locale, { maximumFractionDigits })));
  return format;
}

/** Three significant figures at most, and no more decimals than anybody reads. */
function short(value: number, locale?: string): string {
  const size = Math.abs(value);
  return formatNumber(value, size >= 100 ? 0 : size >= 10 ? 1 : 2, locale);
}

/** Milliseconds below one second, then seconds, minutes, hours and days. */
export function durationFigure(ms: number | undefined, locale?: string): Figure {
  if (ms === undefined || Number.isNaN(ms)) return { value: unknownText, unit: '' };
  if (ms < 999.5) return { value: short(ms, locale), unit: 'ms' };
  if (ms < 119_950) return { value: short(ms / 1000, locale), unit: 's' };
  if (ms < 7_170_000) return { value: formatNumber(ms / 60_000, 0, locale), unit: 'min' };
  if (ms < 172_800_000) return { value: formatNumber(ms / 3_600_000, 0, locale), unit: 'h' };
  return { value: formatNumber(ms / 86_400_000, 0, locale), unit: 'days' };
}

const byteUnits = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** Decimal units, and called so: 1 MB is a million bytes. */
export function bytesFigure(bytes: number | undefined, locale?: string): Figure {
  if (bytes === undefined || Number.isNaN(bytes)) return { value: unknownText, unit: '' };
  let scaled = bytes;
  let unit = 0;
  while (Math.abs(scaled) >= 999.5 && unit < byteUnits.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return { value: unit === 0 ? formatNumber(scaled, 0, locale) : short(scaled, locale), unit: byteUnits[unit]! };
}

/** Requests per second from one on, per minute below: `0.05/s` tells nobody anything. */
export function rateFigure(perSecond: number | undefined, locale?: string): Figure {
  if (perSecond === undefined || Number.isNaN(perSecond)) return { value: unknownText, unit: '' };
  if (perSecond === 0 || perSecond >= 1) return { value: short(perSecond, locale), unit: '/s' };
  return { value: short(perSecond * 60, locale), unit: '/min' };
}

export function percentFigure(percent: number | undefined, locale?: string): Figure {
  if (percent === undefined || Number.isNaN(percent)) return { value: unknownText, unit: '' };
  return { value: formatNumber(percent, percent < 10 ? 1 : 0, locale), unit: '%' };
}

/** A figure as one text, with a space that does not break; none before `/s` and `%`. */
export function figureText({ value, unit }: Figure): string {
  if (unit === '') return value;
  return unit.startsWith('/') || unit === '%' ? `${value}${unit}` : `${value}\u{202F}${unit}`;
}

export function durationText(ms: number | undefined, locale?: string): string {
  return figureText(durationFigure(ms, locale));
}

export function bytesText(bytes: number | undefined, locale?: string): string {
  return figureText(bytesFigure(bytes, locale));
}

export function rateText(perSecond: number | undefined, locale?: string): string {
  return figureText(rateFigure(perSecond, locale));
}

/** An answer of a model: as many figures as tell values apart, without the noise of single precision. */
export function answerNumber(value: number, locale?: string): string {
  if (!Number.isFinite(value)) return String(value);
  if (value !== 0 && (Math.abs(value) < 0.001 || Math.abs(value) >= 1e9)) return value.toExponential(3);
  return new Intl.NumberFormat(locale, { maximumSignificantDigits: 5 }).format(value);
}

/** A share of one as percent: `0.98` is `98.0%`. */
export function shareText(share: number, locale?: string): string {
  return `${new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share * 100)}%`;
}

/** The wall clock, milliseconds since 1970: what "today" is measured against. */
export function nowMs(): number {
  return Date.now();
}

/** Time of day, with the date where it is another day than `todayMs`. */
export function timeText(iso: string, todayMs: number, locale?: string): string {
  const time = new Date(iso);
  const sameDay = time.toDateString() === new Date(todayMs).toDateString();
  return time.toLocaleString(
    locale,
    sameDay
      ? { hour: '2-digit', minute: '2-digit', second: '2-digit' }
      : { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
  );
}

/** The full time with its zone, for the tooltip of a short one. */
export function fullTimeText(iso: string, locale?: string): string {
  return new Date(iso).toLocaleString(locale, { dateStyle: 'long', timeStyle: 'long' });
}
