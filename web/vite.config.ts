import { defineConfig } from 'vite'

// The page as three files of fixed names (live/page.ts serves them by name, the access table lists them): no hash is needed,
// as they are revalidated at each load. No inlining: the page's content security policy allows nothing inline.
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    rollupOptions: { output: { entryFileNames: 'page.js', assetFileNames: 'page[extname]', inlineDynamicImports: true } },
  },
})
