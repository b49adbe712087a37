/** Keeps "3 minutes ago" true while a page stays open. */

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const REFRESH_MS = 30_000;

/** The same words that the server writes. */
export function relativeTime(moment: Date, now: Date): string {
  const seconds = (now.getTime() - moment.getTime()) / 1000;
  for (const [unit, length] of STEPS) {
    const count = Math.floor(Math.abs(seconds) / length);
    if (count === 0) continue;
    const words = `${String(count)} ${unit}${count > 1 ? "s" : ""}`;
    return seconds > 0 ? `${words} ago` : `in ${words}`;
  }
  return seconds >= 0 ? "just now" : "in a moment";
}

export function setUpTimes(): void {
  window.setInterval(refresh, REFRESH_MS);
}

function refresh(): void {
  const now = new Date();
  document.querySelectorAll<HTMLTimeElement>("time[data-relative]").forEach((time) => {
    const words = relativeTime(new Date(time.dateTime), now);
    if (time.textContent !== words) time.textContent = words;
  });
}
