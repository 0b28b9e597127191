/** Asks the host of this container whether it lives; exit code 0 says yes. Plain JavaScript: it runs every ten seconds. */
const port = process.argv[2] ?? '8000';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/v2/health/live`, { signal: AbortSignal.timeout(4000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
