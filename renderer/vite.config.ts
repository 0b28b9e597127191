/**
 * How the GUI is built: one bundle for the browser and the desktop window, into dist/gui. The pages run under a policy without
 * inline script or style (server/admin/gui-files.ts), so nothing may be inlined here.
 */
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Where `npm run dev` finds a running host. */
const adminUrl = process.env['MILLRACE_ADMIN_URL'] ?? 'http://127.0.0.1:8090';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('../dist/gui', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Reading the code of a running GUI is no secret, but nobody loads the maps of a packaged one.
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  server: {
    proxy: {
      '/api': {
        target: adminUrl,
        changeOrigin: true,
        // The host refuses pages of other origins; in development this server stands in for its own.
        configure: (proxy) => {
          proxy.on('proxyReq', (request) => {
            request.removeHeader('origin');
            request.removeHeader('sec-fetch-site');
          });
        },
      },
    },
  },
});
