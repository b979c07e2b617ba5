export default {
  build: {
    outDir: 'out',
    chunkSizeWarningLimit: 3000,
    rolldownOptions: { input: 'main.js', output: { entryFileNames: 'main.js', chunkFileNames: '[name]-[hash].js' } },
  },
};
