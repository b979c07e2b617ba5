export default {
  mode: 'production',
  target: 'web',
  entry: './main.js',
  experiments: { outputModule: true },
  output: { path: `${import.meta.dirname}/out`, filename: 'main.js', module: true, chunkFormat: 'module' },
  performance: false, // the tokenizer's ranks are large, and loaded when something is counted
};
