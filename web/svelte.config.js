// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

// Runes everywhere: without a rune in it a component would bring the runtime of Svelte 4 along.
export default { preprocess: vitePreprocess(), compilerOptions: { runes: true, discloseVersion: false } };
