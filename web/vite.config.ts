// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Everything the page needs is a file of its own under /assets with its hash in the name: the server's policy is
// `default-src 'self'`, so nothing may be inline, and what has a hash may be kept for good.
export default defineConfig({
  plugins: [svelte()],
  build: {
    target: "es2022",
    // An eighth smaller than esbuild's after gzip: the console has 150 kB in all.
    minify: "terser",
    terserOptions: { module: true, compress: { passes: 2 } },
    // Inlined assets would be data: URLs, which the policy allows for pictures only.
    assetsInlineLimit: 0,
    // The polyfill only serves browsers older than the target.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        // What screens share is read with the first page: twenty files of 300 bytes each cost more than they save.
        manualChunks: (id) => (/\/src\/(ui|state|format|router|keys|api)\/|node_modules\/svelte\//.test(id) ? "shared" : undefined),
      },
    },
  },
  server: {
    host: "127.0.0.1",
    port: 18690,
    strictPort: true,
    proxy: Object.fromEntries(
      ["/api", "/healthz", "/readyz", "/metrics"].map((path) => [
        path,
        process.env.CORDON_API ?? "http://127.0.0.1:18600",
      ]),
    ),
  },
});
