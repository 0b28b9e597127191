/** Loads what a host and a replica load, so that Node's compile cache holds it. Run by bootstrap.mjs after an install. */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/millrace', import.meta.url)));
await import('../server/main.ts');
await import('../server/replica/batcher.ts');
await import('../server/replica/batching-probe.ts');
await import('../server/replica/session.ts');
flushCompileCache();
